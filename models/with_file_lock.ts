import { ModelError } from "./model_error.ts";

const RETRY_MS = 20;
const PATIENCE_MS = 20_000;

/** Runs something that no other process, and nobody else in this one, does at the same time. The lock dies with its process. */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  using file = await Deno.open(path, { read: true, write: true, create: true, mode: 0o600 });
  const endsAtMs = performance.now() + PATIENCE_MS;
  while (!await file.tryLock(true)) {
    if (performance.now() > endsAtMs) {
      throw new ModelError("storage", `Another process has held ${path} for ${PATIENCE_MS / 1000} s`);
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
  return await work();
}
