import { framesUnderWay, memoryBound } from "../core/memory_bound.ts";
import type { StreamRegistration } from "../core/stream.ts";
import { loadConfig } from "../../config/load.ts";
import { parseRegistration } from "../../config/schema.ts";
import { resolveModel } from "../../models/manifest.ts";
import { parseSource } from "../../streams/sources/registry.ts";
import { redactUrls } from "../core/redact.ts";
import type { Check } from "./doctor_host.ts";
import { formatBytes } from "./format.ts";
import { registryOf } from "./models_place.ts";

/** Which streams the memory bound is asked of. */
export interface MemoryQuestion {
  sources: readonly string[];
  models: readonly string[];
  config?: string;
}

const SIZES = [["720p", 1280, 720], ["1080p", 1920, 1080], ["4K", 3840, 2160]] as const;
/** Bytes of one sample of a model's input, by type. */
const SAMPLE_BYTES = { float32: 4, float16: 2, uint8: 1 };

/** The most memory that the frames of each stream can take, and of all together. */
export async function memoryChecks(question: MemoryQuestion): Promise<Check[]> {
  let registrations: StreamRegistration[];
  let files: ReadonlyMap<string, string>;
  try {
    ({ registrations, files } = await asked(question));
  } catch (error) {
    return [{ name: "memory bound", status: "fail", detail: redactUrls((error as Error).message), fix: "Correct it" }];
  }
  const checks: Check[] = [];
  let totalBytes = 0;
  for (const registration of registrations) {
    const name = `memory of ${registration.id}`;
    try {
      const bounds = await boundsOf(registration, files);
      totalBytes += bounds["1080p"];
      const said = Object.entries(bounds).map(([size, bytes]) => `${formatBytes(bytes)} at ${size}`).join(", ");
      checks.push({ name, status: "ok", detail: `at most ${said}`, data: bounds });
    } catch (error) {
      checks.push({ name, status: "fail", detail: (error as Error).message, fix: "Name a model that is there" });
    }
  }
  const { available } = Deno.systemMemoryInfo();
  if (totalBytes <= available) return checks;
  const detail = `${formatBytes(totalBytes)} at 1080p for all streams, ${formatBytes(available)} available`;
  return [...checks, { name: "memory of all", status: "warn", detail, fix: "Use fewer streams, or smaller pictures" }];
}

/** The streams, and the files of models that are declared under a name of their own. */
async function asked(
  { sources, models, config }: MemoryQuestion,
): Promise<{ registrations: StreamRegistration[]; files: ReadonlyMap<string, string> }> {
  const { streams: loaded, models: declared } = config === undefined
    ? { streams: [], models: [] }
    : await loadConfig(config);
  const files = new Map(declared.flatMap(({ name, model }) => name === undefined ? [] : [[name, model] as const]));
  const pipeline = (models.length === 0 ? ["weir-pitch"] : models).map((model, n) => ({
    model,
    name: `model${n + 1}`,
  }));
  const given = sources.map((text, n) =>
    parseRegistration({ id: `source-${n + 1}`, source: parseSource(text), pipeline })
  );
  if (loaded.length + given.length > 0) return { registrations: [...loaded, ...given], files };
  const example = parseRegistration({ id: "one-camera", source: parseSource("rtsp://camera/"), pipeline });
  return { registrations: [example], files };
}

async function boundsOf(
  { pipeline, policy }: StreamRegistration,
  files: ReadonlyMap<string, string>,
): Promise<Record<string, number>> {
  const inputBytes: number[] = [];
  for (const step of pipeline) {
    if (!("model" in step)) continue;
    const model = step.model as string;
    const { input } = await resolveModel(files.get(model) ?? model, {}, { registry: registryOf() });
    const channels = input.colour === "gray" ? 1 : 3;
    inputBytes.push(input.width * input.height * channels * SAMPLE_BYTES[input.type]);
  }
  const underWay = inputBytes.length === 0 ? 0 : framesUnderWay(Math.min(4, navigator.hardwareConcurrency), 1);
  return Object.fromEntries(SIZES.map(([size, width, height]) => [
    size,
    memoryBound({ width, height, policy, underWay, inputBytes }),
  ]));
}
