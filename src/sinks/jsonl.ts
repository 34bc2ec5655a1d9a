import { isAbsolute, join, normalize } from "node:path";
import { z } from "zod";
import { eventText } from "./event_text.ts";
import { JsonlFile } from "./jsonl_file.ts";
import { Outbox } from "./outbox.ts";
import { sharedOptions } from "./shared_options.ts";
import type { SinkPlugin } from "./sink.ts";
import { tellError } from "./tell_error.ts";

const MB = 1024 ** 2;

/** Options of the sink `jsonl`. */
export const jsonlSchema = z.strictObject({
  kind: z.literal("jsonl"),
  file: z.string().min(1).max(200).default("events.jsonl").refine(staysInside, {
    message: "must be a relative path that stays inside the sink's directory",
  }).describe("file that is written, inside the sink's directory"),
  maxBytes: z.int().min(4096).max(1024 ** 4).default(64 * MB).describe("size at which a new file is begun"),
  maxAgeMs: z.int().min(1000).max(366 * 86_400_000).optional().describe("age at which a new file is begun"),
  keep: z.int().min(0).max(10_000).default(10).describe("how many earlier files are kept"),
  keepBytes: z.int().min(0).max(1024 ** 5).optional().describe("disk that earlier files may take"),
  gzip: z.boolean().default(false).describe("compress earlier files"),
  ...sharedOptions,
});

/** What {@link jsonlSchema} makes. */
export type JsonlConfig = z.infer<typeof jsonlSchema>;

/** Lines written at a time. */
const BATCH = 256;

/** Writes events to a file, one JSON document a line. */
export const jsonl: SinkPlugin<JsonlConfig> = {
  kind: "jsonl",
  describe: "a file with one event a line, begun anew by size or age",
  schema: jsonlSchema,
  secrets: [],
  redacted: ({ file }) => file,
  open(config, { directory, now = Date.now, flushMs = 5000 }) {
    const file = new JsonlFile({ ...config, path: join(directory, config.file), now });
    const outbox = new Outbox<string>({
      ...config,
      sizeBytes: (line) => line.length * 2,
      batch: BATCH,
      batchBytes: Math.min(config.maxBytes, MB),
      send: (lines) => file.append(lines),
      tell: (error) => `Cannot write ${config.file}: ${tellError(error)}`,
      now,
      flushMs,
    });
    return {
      push: (event) => outbox.push(eventText(event)),
      status: () => outbox.status(),
      async [Symbol.asyncDispose]() {
        await outbox[Symbol.asyncDispose]();
        await file[Symbol.asyncDispose]();
      },
    };
  },
};

function staysInside(path: string): boolean {
  const normal = normalize(path);
  return !isAbsolute(path) && !path.includes("\0") && !path.includes("\\") && !normal.startsWith("..") &&
    !/(?:^|\/)\.?$/.test(normal);
}
