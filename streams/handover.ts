import type { Step } from "./pipeline.ts";

/**
 * Whether the frames under way in a pipeline may finish while another one takes its place: new frames go no further than
 * through its first model. Not so where an analyzer goes on that would see them at once and the older ones later.
 */
export function runsOut(before: readonly Step[], after: readonly Step[]): boolean {
  const isModel = (step: Step) => "spec" in step;
  const first = after.findIndex(isModel);
  if (first < 0) return false;
  const last = before.findIndex(isModel);
  const passed = last < 0 ? before : before.slice(0, last);
  return after.slice(0, first).every((step) => !before.includes(step) || passed.includes(step));
}
