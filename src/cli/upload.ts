import { basename } from "node:path";
import { z } from "zod";
import type { PipelineStep } from "../core/stream.ts";
import { type FlagValues, parseFlags } from "./flags.ts";
import { formatBytes, formatDuration } from "./format.ts";
import { helpPage } from "./help.ts";
import { onInterrupt } from "./interrupt.ts";
import { complain, print } from "./print.ts";
import { progressBar } from "./progress.ts";
import { analyzerStep } from "./run_plan.ts";
import { printable, ServerClient } from "./server_client.ts";
import { Terminal } from "./terminal.ts";
import { uploadHelp } from "./upload_flags.ts";
import { UploadedRun } from "./uploaded_run.ts";
import { UsageError } from "./usage_error.ts";

const REDRAW_MS = 100;
const INTERRUPTED = 130;
const DEFAULT_SERVER = "http://127.0.0.1:8080";

const uploadedSchema = z.object({
  name: z.string().regex(/^[A-Za-z0-9._-]{1,255}$/),
  bytes: z.number(),
  uploadedAt: z.string(),
  source: z.object({ kind: z.literal("file"), path: z.string() }),
  video: z.object({
    codec: z.string().transform(printable),
    width: z.number(),
    height: z.number(),
    fps: z.number().optional(),
    durationMs: z.number().optional(),
  }),
});

/** A clip that a server keeps. */
export type UploadedFile = z.output<typeof uploadedSchema>;

/** `weir upload`: sends a clip to a server and, where it is asked to, has it played there. Answers the exit code. */
export async function uploadCommand(args: readonly string[]): Promise<number> {
  const { flags, positionals: [path, ...more], help } = parseFlags(uploadHelp, args);
  if (help) {
    print(helpPage(uploadHelp));
    return 0;
  }
  if (path === undefined) throw new UsageError("weir upload wants a file");
  if (more.length > 0) throw new UsageError(`weir upload takes one file at a time; what is "${more[0]}"?`);
  const steps = [
    ...(flags.model ?? []).map((model) => ({ model })),
    ...(flags.analyze ?? []).map(analyzerStep),
  ];
  for (const option of ["id", "realtime", "keep"] as const) {
    if (steps.length === 0 && flags[option] !== undefined) {
      throw new UsageError(`--${option} is for a clip that is played: say --analyze or --model, too`);
    }
  }
  if (steps.length > 0 && flags.json) throw new UsageError("--json is for clips that are only sent");
  const stop = new AbortController();
  using _ = onInterrupt(() => stop.abort(new Error("stopped")));
  const token = flags.token ?? Deno.env.get("WEIR_TOKEN");
  const server = new ServerClient({
    url: flags.server ?? DEFAULT_SERVER,
    signal: stop.signal,
    ...(token && { token }),
  });
  let clip: UploadedFile;
  try {
    if (steps.length > 0) await tryOut(server, steps, flags.id);
    clip = await send(server, path, flags.quiet ?? false);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    complain("Stopped. Nothing of it is kept.");
    return INTERRUPTED;
  }
  if (steps.length > 0) return await new UploadedRun({ server, clip, steps, flags, signal: stop.signal }).run();
  print(flags.json ? JSON.stringify(clip) : uploadedText(clip, { path, flags, server }));
  return 0;
}

/** What the server would refuse is better known before a large clip is there. */
async function tryOut(
  server: ServerClient,
  pipeline: readonly PipelineStep[],
  id: string = crypto.randomUUID(),
): Promise<void> {
  // Any source does, but this one needs nothing.
  const source = { kind: "scene", scene: "counter" };
  await server.ask("POST", "/api/v1/streams?dryRun=1", z.object({}), { id, source, pipeline });
}

/** Sends the file, and shows how far that is. */
async function send(server: ServerClient, path: string, quiet: boolean): Promise<UploadedFile> {
  const name = basename(path);
  const file = await opened(path);
  const { size: bytes } = await file.stat();
  const terminal = new Terminal();
  const startedMs = performance.now();
  let drawnMs = 0;
  const onProgress = (sent: number) => {
    const nowMs = performance.now();
    if (quiet || (nowMs - drawnMs < REDRAW_MS && sent < bytes)) return;
    drawnMs = nowMs;
    const bar = progressBar({ share: sent / bytes, remainingMs: ((nowMs - startedMs) * (bytes - sent)) / sent });
    const rest = sent < bytes ? `${formatBytes(sent)} of ${formatBytes(bytes)}` : "the server looks at it";
    terminal.draw([`${name}  ${bar}  ${rest}`]);
  };
  if (!quiet && !terminal.interactive) terminal.say(`Sending ${name}, ${formatBytes(bytes)}, to ${server.shownUrl}`);
  try {
    const query = new URLSearchParams({ name: name.slice(0, 255) });
    return await server.send(`/api/v1/uploads?${query}`, uploadedSchema, { body: file.readable, onProgress });
  } finally {
    terminal.clear();
  }
}

async function opened(path: string): Promise<Deno.FsFile> {
  try {
    if (!(await Deno.stat(path)).isFile) throw new UsageError(`Cannot send ${path}: it is not a file`);
    return await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new UsageError(`There is no file ${path}`);
    throw error;
  }
}

/** What is there now, and what can be done with it. */
function uploadedText(
  { name, bytes, source, video }: UploadedFile,
  { path, flags, server }: { path: string; flags: FlagValues<typeof uploadHelp.flags>; server: ServerClient },
): string {
  const { codec, width, height, fps, durationMs } = video;
  const facts = [
    formatBytes(bytes),
    `${codec} ${width}×${height}`,
    ...(fps === undefined ? [] : [`${Math.round(fps * 100) / 100} fps`]),
    ...(durationMs === undefined ? [] : [formatDuration(durationMs)]),
  ];
  const at = flags.server === undefined ? "" : ` --server ${server.shownUrl}`;
  const auth = flags.token || Deno.env.get("WEIR_TOKEN") ? `-H "authorization: Bearer $WEIR_TOKEN" ` : "";
  const registration = { id: "clip", source, pipeline: [{ analyzer: "pulse", region: "frame" }] };
  return [
    `${name}: ${facts.join(", ")}`,
    "",
    "To have it played, and see what is found:",
    `  weir upload ${quoted(path)}${at} --analyze pulse --model NAME`,
    "or, as a stream of the server's:",
    `  curl ${auth}${server.shownUrl}/api/v1/streams -H 'content-type: application/json' -d ${
      quoted(JSON.stringify(registration))
    }`,
    "To remove it:",
    `  curl ${auth}-X DELETE ${server.shownUrl}/api/v1/uploads/${name}`,
  ].join("\n");
}

/** A word as a shell reads it. */
function quoted(word: string): string {
  const plain = printable(word);
  return /^[\w./:@%+=,-]+$/.test(plain) ? plain : `'${plain.replaceAll("'", `'\\''`)}'`;
}
