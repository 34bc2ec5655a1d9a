/** When a result came out (Unix milliseconds), of which camera, and the number burned into its frame. */
export type LiveResult = [atMs: number, camera: number, counter: number];

/** How the cameras played. */
export interface LiveSchedule {
  /** When each camera sent its first picture, Unix milliseconds. */
  firstSentAtMs: readonly number[];
  fps: number;
  clipFrames: number;
}

/** The age of each result: the moment it came out minus the moment its picture was sent, milliseconds. */
export function liveAges(results: readonly LiveResult[], schedule: LiveSchedule): { atMs: number; ageMs: number }[] {
  const { firstSentAtMs, fps, clipFrames } = schedule;
  const periodMs = 1000 / fps;
  return results.map(([atMs, camera, counter]) => {
    const sinceMs = atMs - firstSentAtMs[camera];
    // The clip plays over and over: the picture is from the latest round in which it was sent already. The clocks of
    // two processes differ by less than half a frame.
    const rounds = Math.floor((sinceMs / periodMs + 0.5 - counter) / clipFrames);
    return { atMs, ageMs: sinceMs - (counter + rounds * clipFrames) * periodMs };
  });
}
