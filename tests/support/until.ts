/** Resolves when the condition holds; fails with `what` when it does not for a long time. */
export async function until(condition: () => boolean | Promise<boolean>, what: () => string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!await condition()) {
    if (Date.now() > deadline) throw new Error(`It never came to pass: ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
