/** Resolves once something holds; rejects, with its name, when it still does not after a very long time. */
export async function eventually(what: string, holds: () => boolean, deadlineMs = 30_000): Promise<void> {
  const endsAtMs = performance.now() + deadlineMs;
  while (!holds()) {
    if (performance.now() > endsAtMs) throw new Error(`Waited ${deadlineMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
