/** Whether the work settles within the time; without a time it is waited for however long that takes. */
export async function settledInTime(work: Promise<unknown>, ms: number | undefined): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const timer = ms === undefined ? undefined : setTimeout(late.resolve, ms, false);
  try {
    // Settles once and is then gone: not a loop, so nothing piles up on the loser.
    return await Promise.race([work.then(() => true), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
