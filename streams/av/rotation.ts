import { AV_BUFFERSRC_FLAG_KEEP_REF } from "node-av/constants";
import { Filter, FilterGraph, Frame } from "node-av/lib";
import type { FilterContext } from "node-av/lib";
import { check } from "./native.ts";

/** Clockwise turn, degrees. */
export type Rotation = 0 | 90 | 180 | 270;

const TURNS: Record<Exclude<Rotation, 0>, string> = {
  90: "transpose=clock",
  180: "hflip,vflip",
  270: "transpose=cclock",
};

/**
 * The clockwise turn that a display matrix asks for: nine 32-bit numbers, of which the first two columns of the first
 * two rows are the turn. Mirrored or skewed matrices are taken for the nearest quarter turn.
 */
export function rotationOfMatrix(matrix: Uint8Array | null | undefined): Rotation {
  if (!matrix || matrix.byteLength < 36) return 0;
  const view = new DataView(matrix.buffer, matrix.byteOffset, matrix.byteLength);
  const [a, b] = [view.getInt32(0, true), view.getInt32(4, true)];
  if (a === 0 && b === 0) return 0;
  const quarter = Math.round(Math.atan2(b, a) / (Math.PI / 2));
  return ((((quarter * 90) % 360) + 360) % 360) as Rotation;
}

/** The display matrix of a clockwise turn, as containers store it. */
export function matrixOfRotation(rotation: Rotation): Uint8Array {
  const view = new DataView(new ArrayBuffer(36));
  const one = 1 << 16;
  const [cos, sin] = { 0: [1, 0], 90: [0, 1], 180: [-1, 0], 270: [0, -1] }[rotation];
  [cos * one, sin * one, 0, -sin * one, cos * one, 0, 0, 0, 1 << 30].forEach((value, index) =>
    view.setInt32(index * 4, value, true)
  );
  return new Uint8Array(view.buffer);
}

interface Graph {
  key: string;
  graph: FilterGraph;
  source: FilterContext;
  sink: FilterContext;
}

// One rotated source at a time is the rule; making a graph costs more than turning a picture.
let last: Graph | undefined;

/** A copy of the frame, turned clockwise. */
export function upright(frame: Frame, rotation: Exclude<Rotation, 0>): Frame {
  return turnedBy(TURNS[rotation], frame);
}

/** A copy of the frame, left and right exchanged. */
export function flipped(frame: Frame): Frame {
  return turnedBy("hflip", frame);
}

function turnedBy(turn: string, frame: Frame): Frame {
  const key = `${frame.width}x${frame.height}:${frame.format}:${turn}`;
  if (last?.key !== key) {
    last?.graph.free();
    last = undefined;
    last = { key, ...makeGraph(frame, turn) };
  }
  check(last.source.buffersrcAddFrameSync(frame, AV_BUFFERSRC_FLAG_KEEP_REF), "turn a picture");
  const turned = new Frame();
  turned.alloc();
  check(last.sink.buffersinkGetFrameSync(turned), "turn a picture");
  return turned;
}

function makeGraph(frame: Frame, turn: string): Omit<Graph, "key"> {
  const graph = new FilterGraph();
  graph.alloc();
  const size = `video_size=${frame.width}x${frame.height}:pix_fmt=${frame.format}:time_base=1/1000000`;
  const source = graph.createFilter(Filter.getByName("buffer")!, "in", size)!;
  const sink = graph.createFilter(Filter.getByName("buffersink")!, "out")!;
  let previous = source;
  for (const step of turn.split(",")) {
    const [name, argument] = step.split("=");
    const next = graph.createFilter(Filter.getByName(name as "hflip")!, name, argument ? `dir=${argument}` : null)!;
    check(previous.link(0, next, 0), "set up turning");
    previous = next;
  }
  check(previous.link(0, sink, 0), "set up turning");
  check(graph.configSync(), "set up turning");
  return { graph, source, sink };
}
