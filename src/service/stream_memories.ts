import { join } from "node:path";
import { z } from "zod";
import { removeFile, writeWhole } from "../capture/capture_files.ts";
import type { Memory, Weir } from "../app.ts";

/** What remembering stands on. */
export interface StreamMemoriesOptions {
  weir: Pick<Weir, "memories$">;
  /** Each stream has a file in it. */
  directory: string;
  onFault(error: unknown): void;
}

const fileSchema = z.object({ v: z.literal(1), steps: z.record(z.string(), z.unknown()) });
/** What a stream's analyzers may remember together. */
const BYTES_MAX = 8 * 2 ** 20;
/** Names of streams are names of files; this is what comes behind. */
const ENDING = ".json";

/** What the analyzers of all streams remember over restarts: the latest word of each step, written when it changes. */
export class StreamMemories implements AsyncDisposable {
  #steps = new Map<string, Record<string, unknown>>();
  #writing: Promise<void> = Promise.resolve();
  #subscription;

  constructor(private readonly options: StreamMemoriesOptions) {
    this.#subscription = options.weir.memories$.subscribe((memory) => this.#push(memory));
  }

  /** Reads what was remembered before. */
  async restore(): Promise<void> {
    const { directory, onFault } = this.options;
    try {
      for await (const { name, isFile } of Deno.readDir(directory)) {
        if (!isFile || !name.endsWith(ENDING)) continue;
        try {
          const { steps } = fileSchema.parse(JSON.parse(await Deno.readTextFile(join(directory, name))));
          this.#steps.set(name.slice(0, -ENDING.length), steps);
        } catch (error) {
          onFault(error);
        }
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** What a stream's analyzers remember, by step; each time it is asked, as it is then. */
  of(id: string): Readonly<Record<string, unknown>> {
    return this.#steps.get(id) ?? {};
  }

  /** A stream is gone for good. */
  remove(id: string): void {
    if (!this.#steps.delete(id)) return;
    this.#later(() => removeFile(join(this.options.directory, id + ENDING)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscription.unsubscribe();
    await this.#writing;
  }

  #push({ stream, step, memory }: Memory): void {
    const steps = { ...this.#steps.get(stream), [step]: memory };
    this.#steps.set(stream, steps);
    this.#later(async () => {
      // Something newer is to be written right after.
      if (this.#steps.get(stream) !== steps) return;
      const bytes = new TextEncoder().encode(JSON.stringify({ v: 1, steps }));
      if (bytes.length > BYTES_MAX) {
        throw new RangeError(`${stream} remembers ${bytes.length} bytes, which are too many`);
      }
      await Deno.mkdir(this.options.directory, { recursive: true, mode: 0o750 });
      await writeWhole(join(this.options.directory, stream + ENDING), bytes);
    });
  }

  #later(work: () => Promise<void>): void {
    this.#writing = this.#writing.then(work).catch(this.options.onFault);
  }
}
