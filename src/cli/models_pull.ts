import { pullModel } from "../../models/pull_model.ts";
import { isRestrictive, readZoo, type ZooModel, zooModel } from "../../models/zoo.ts";
import type { ModelsFlags } from "./models_flags.ts";
import { formatBytes } from "./format.ts";
import { onInterrupt } from "./interrupt.ts";
import { addedText, givenLabels, tryModel } from "./models_change.ts";
import { registryOf } from "./models_place.ts";
import { complain, print } from "./print.ts";
import { progressBar } from "./progress.ts";
import { Terminal } from "./terminal.ts";
import { UsageError } from "./usage_error.ts";
import { zooSettings } from "./zoo_settings.ts";

const REDRAW_MS = 200;
const INTERRUPTED = 130;

/** `weir models pull`. Answers the exit code. */
export async function pullModels(names: readonly string[], flags: ModelsFlags): Promise<number> {
  if (names.length === 0) {
    throw new UsageError("weir models pull wants a name; weir models list --zoo tells which there are");
  }
  const ofOne = [flags.name, flags.version, flags.labels];
  if (names.length > 1 && ofOne.some((flag) => flag !== undefined)) {
    throw new UsageError("--name, --version and --labels are for one model; there are several");
  }
  const labels = await givenLabels(flags);
  const { list, mirror } = await zooSettings(flags);
  const zoo = await readZoo(list);
  const models = names.map((name) => zooModel(zoo, name));
  for (const model of models) accept(model, flags);
  const stop = new AbortController();
  using _ = onInterrupt(() => stop.abort(new Error("stopped")));
  for (const model of models) {
    try {
      await pull(model, { flags, mirror, labels, signal: stop.signal });
    } catch (error) {
      if (!stop.signal.aborted) throw withNote(error, model);
      complain(`Stopped. What came so far of ${model.name} is kept: the same command goes on with it.`);
      return INTERRUPTED;
    }
  }
  return 0;
}

async function pull(
  model: ZooModel,
  { flags, mirror, labels, signal }: {
    flags: ModelsFlags;
    mirror?: string;
    labels: { labels?: string[] };
    signal: AbortSignal;
  },
): Promise<void> {
  const terminal = new Terminal();
  const startedAtMs = performance.now();
  let first: number | undefined;
  let drawnAtMs = 0;
  const onProgress = (bytes: number) => {
    const nowMs = performance.now();
    first ??= bytes;
    if (nowMs - drawnAtMs < REDRAW_MS && bytes < model.bytes) return;
    drawnAtMs = nowMs;
    const came = bytes - first;
    const remainingMs = came > 0 ? (nowMs - startedAtMs) * (model.bytes - bytes) / came : undefined;
    const share = bytes / model.bytes;
    const bar = progressBar({ share, ...(remainingMs !== undefined && { remainingMs }) });
    terminal.draw([`${model.name}  ${bar}  ${formatBytes(bytes)} of ${formatBytes(model.bytes)}`]);
  };
  if (!terminal.interactive) terminal.say(`Fetching ${model.name}, ${formatBytes(model.bytes)}, ${model.licence}`);
  try {
    const added = await pullModel(model, {
      registry: registryOf(flags),
      mirror,
      name: flags.name,
      version: flags.version,
      ...labels,
      activate: flags.use,
      signal,
      onProgress,
      attempt: ({ spec }) => tryModel(spec.file),
    });
    terminal.clear();
    print(addedText(added));
  } finally {
    terminal.clear();
  }
}

/** A licence that asks for something, or does not say, is shown before the first byte comes. */
function accept({ name, licence, home }: ZooModel, flags: ModelsFlags): void {
  if (!isRestrictive(licence) || flags["accept-licence"]) return;
  const said = `${name}'s licence: ${licence}${home === undefined ? "" : `\n  read it at ${home}`}`;
  if (!Deno.stdin.isTerminal()) throw new UsageError(`${said}\n--accept-licence says that you have and accept it`);
  if (confirm(`${said}\nDo you accept it?`)) return;
  throw new Error(`${name} is not fetched: its licence is not accepted`);
}

function withNote(error: unknown, { note }: ZooModel): unknown {
  if (note === undefined || !(error instanceof Error)) return error;
  return new Error(`${error.message}. ${note} (--mirror)`, { cause: error });
}
