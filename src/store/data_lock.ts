import { join } from "node:path";

/** How a {@link DataLock} is taken. */
export interface DataLockOptions {
  /** How long one waits for a process that is just about to leave. Default 2 seconds. */
  patienceMs?: number;
  signal?: AbortSignal;
}

const RETRY_MS = 50;

/** One process alone works in a data directory. The lock dies with its process, however that ends. */
export class DataLock implements Disposable {
  #file: Deno.FsFile | undefined;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** Takes the directory, made if need be; rejects with the other process's number when one works in it already. */
  static async take(directory: string, { patienceMs = 2000, signal }: DataLockOptions = {}): Promise<DataLock> {
    const path = join(directory, "weir.lock");
    const file = await open(directory, path);
    try {
      const deadlineMs = performance.now() + patienceMs;
      while (!await file.tryLock(true)) {
        signal?.throwIfAborted();
        if (performance.now() >= deadlineMs) throw await taken(directory, path);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
      // Of one length and in one write: whoever reads it never finds half a number.
      file.writeSync(new TextEncoder().encode(`${Deno.pid}\n`.padStart(12)));
      return new DataLock(file);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Gives the directory back. The file stays: taking it away could take the lock of whoever comes next with it. */
  [Symbol.dispose](): void {
    this.#file?.close();
    this.#file = undefined;
  }
}

async function open(directory: string, path: string): Promise<Deno.FsFile> {
  try {
    await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
    return await Deno.open(path, { read: true, write: true, create: true, mode: 0o600 });
  } catch (error) {
    throw new Error(`Cannot use the data directory ${directory}: ${(error as Error).message}`, { cause: error });
  }
}

async function taken(directory: string, path: string): Promise<Error> {
  // Windows keeps others from reading what is locked.
  const text = await Deno.readTextFile(path).catch(() => "");
  const pid = /^\s*(\d+)\n/.exec(text)?.[1];
  const owner = pid ? `process ${pid}` : "another process";
  return new Error(
    `Cannot use the data directory ${directory}: ${owner} works in it. Stop that one, or name another directory`,
  );
}
