import type { Box, Detection, ResultEnvelope } from "../core/results.ts";
import type { TruthRow } from "../vision/mot_distractors.ts";
import { UsageError } from "./usage_error.ts";

/** One frame of a file of detections or tracks. */
export interface EvalFrame {
  number: number;
  ptsUs: number;
  outputs: ResultEnvelope["outputs"];
}

/** A file of detections or tracks. */
export interface EvalFrames {
  frames: EvalFrame[];
  /** Frames that are not in the file were never looked at; else nothing was found in them. */
  partial: boolean;
}

/** MOT16's classes that it is neither right nor wrong to find: on a vehicle, static, distractor, reflection. */
const ASIDE = new Set([2, 7, 8, 12]);
/** Of the objects of a scene, those hidden to a larger part need not be found. */
const LEAST_VISIBLE = 0.3;
const FRAMES_MAX = 10_000_000;

/** Reads detections or tracks: MOT text, or the JSON lines of `weir run`. MOT text has every frame up to its last. */
export async function readFrames(path: string, fps: number): Promise<EvalFrames> {
  const text = await readText(path);
  if (isJson(text)) return { frames: resultFrames(path, text), partial: true };
  return { frames: motFrames(path, text, fps), partial: false };
}

/** Reads the truth: MOT15 or MOT16 text, or the JSON lines of `weir scene --truth`. `classes`: only these are asked for. */
export async function readTruth(path: string, classes?: ReadonlySet<string>): Promise<TruthRow[]> {
  const text = await readText(path);
  if (isJson(text)) return sceneTruth(path, text, classes);
  return motRows(path, text).map((row) => {
    const [frame, id, x, y, width, height, marked, kind] = row;
    // MOT15 has three coordinates of the world where MOT16 has a class and how much is visible.
    const classed = row.length === 9 && kind >= 1;
    const wanted = marked !== 0 && (!classes || classes.has(String(kind)));
    const role = classed && ASIDE.has(kind) && !wanted ? "aside" : wanted ? "asked" : "other";
    return { frame, id, box: [x, y, width, height], role };
  });
}

async function readText(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new UsageError(`Cannot read ${path}: ${(error as Error).message}`);
  }
}

function isJson(text: string): boolean {
  return text.trimStart().startsWith("{");
}

function motRows(path: string, text: string): number[][] {
  const rows = text.split("\n").map((line) => line.trim().split(/[\s,]+/).map(Number));
  return rows.flatMap((row, index) => {
    if (row.length === 1 && row[0] === 0) return [];
    if (row.length < 6 || !row.every(Number.isFinite) || !Number.isInteger(row[0]) || row[0] < 0) {
      throw new UsageError(
        `Line ${index + 1} of ${path} is not a line of MOT: frame, id, x, y, width, height, score …`,
      );
    }
    if (row[0] > FRAMES_MAX) {
      throw new UsageError(`Line ${index + 1} of ${path} is of frame ${row[0]}, which is too far`);
    }
    return [row];
  });
}

function motFrames(path: string, text: string, fps: number): EvalFrame[] {
  const byFrame = Map.groupBy(motRows(path, text), ([frame]) => frame);
  const first = byFrame.has(0) ? 0 : 1;
  const last = [...byFrame.keys()].reduce((most, frame) => Math.max(most, frame), 0);
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const number = first + index;
    const detections = (byFrame.get(number) ?? []).map(([, id, x, y, width, height, score = 1]): Detection => ({
      box: [x, y, width, height],
      label: "object",
      classId: 0,
      score,
      ...(id >= 0 && { track: id }),
    }));
    return { number, ptsUs: Math.round((number * 1e6) / fps), outputs: { detect: { model: "", detections } } };
  });
}

function* jsonLines(path: string, text: string): Generator<Record<string, unknown>> {
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    try {
      yield JSON.parse(line);
    } catch (error) {
      throw new UsageError(`Line ${index + 1} of ${path} is not JSON: ${(error as Error).message}`);
    }
  }
}

function resultFrames(path: string, text: string): EvalFrame[] {
  const results = [...jsonLines(path, text)].filter(({ type }) => type === "result") as unknown as ResultEnvelope[];
  const streams = new Set(results.map(({ stream }) => stream));
  if (streams.size > 1) throw new UsageError(`${path} has results of several streams: ${[...streams].join(", ")}`);
  if (results.length === 0) throw new UsageError(`${path} has no results`);
  return results.map(({ seq, pts, outputs }) => ({ number: seq, ptsUs: Math.round(pts * 1e6), outputs }));
}

function sceneTruth(path: string, text: string, classes?: ReadonlySet<string>): TruthRow[] {
  const lines = [...jsonLines(path, text)] as {
    frame: number;
    objects?: { id: number; class: string; box: Box; visible: number }[];
  }[];
  return lines.flatMap(({ frame, objects }) => {
    if (!objects) throw new UsageError(`${path} is not the truth of a scene: it has no objects`);
    return objects.map(({ id, class: kind, box, visible }): TruthRow => {
      const wanted = !classes || classes.has(kind);
      // A scene counts its frames from 0, a stream from 1.
      return { frame: frame + 1, id, box, role: visible < LEAST_VISIBLE ? "aside" : wanted ? "asked" : "other" };
    });
  });
}
