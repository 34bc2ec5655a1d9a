import type { Box } from "../core/results.ts";
import { Corners, iouMatrix, Matrix } from "./iou.ts";

/** A thing at a place in a frame, with an identity: what truth and trackers say alike. */
export interface MotRow {
  frame: number;
  id: number;
  box: Box;
}

/** One frame: who is there, who was said to be there, and how far they overlap. Identities are indexes. */
export interface MotFrame {
  truth: readonly number[];
  tracked: readonly number[];
  /** Truth in rows, tracked in columns. */
  ious: Float64Array;
}

/** A sequence, ready to be judged. */
export interface MotSequence {
  frames: MotFrame[];
  /** Sightings of each identity of the truth. */
  truthCounts: number[];
  /** Sightings of each identity that a tracker gave. */
  trackedCounts: number[];
}

/** Lays truth and a tracker's answer side by side. Throws when an identity is in a frame twice. */
export function motSequence(truth: readonly MotRow[], tracked: readonly MotRow[]): MotSequence {
  const truthIndexes = new Map<number, number>();
  const trackedIndexes = new Map<number, number>();
  const truthCounts: number[] = [];
  const trackedCounts: number[] = [];
  const truthFrames = byFrame(truth);
  const trackedFrames = byFrame(tracked);
  const numbers = [...new Set([...truthFrames.keys(), ...trackedFrames.keys()])].sort((a, b) => a - b);
  const truthBoxes = new Corners();
  const trackedBoxes = new Corners();
  const matrix = new Matrix();
  const frames = numbers.map((number): MotFrame => {
    const truths = truthFrames.get(number) ?? [];
    const answers = trackedFrames.get(number) ?? [];
    truthBoxes.clear();
    trackedBoxes.clear();
    for (const { box } of truths) truthBoxes.push(box);
    for (const { box } of answers) trackedBoxes.push(box);
    const { values } = iouMatrix(truthBoxes, trackedBoxes, matrix);
    return {
      truth: count(truths, truthIndexes, truthCounts, "The truth"),
      tracked: count(answers, trackedIndexes, trackedCounts, "The tracker"),
      ious: values.slice(0, truths.length * answers.length),
    };
  });
  return { frames, truthCounts, trackedCounts };
}

function byFrame(rows: readonly MotRow[]): Map<number, MotRow[]> {
  return Map.groupBy(rows, ({ frame }) => frame);
}

/** The index of each row's identity; counts them. */
function count(rows: readonly MotRow[], indexes: Map<number, number>, counts: number[], whose: string): number[] {
  const present = new Set<number>();
  return rows.map(({ id, frame }) => {
    if (present.has(id)) throw new RangeError(`${whose} has identity ${id} twice in frame ${frame}`);
    present.add(id);
    const index = indexes.get(id) ?? indexes.size;
    indexes.set(id, index);
    counts[index] = (counts[index] ?? 0) + 1;
    return index;
  });
}
