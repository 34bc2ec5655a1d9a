import type { StreamRegistration } from "../../core/stream.ts";
import { type Corner, corner, type Shape, type ShapeKind } from "./shape.ts";

type Pipeline = StreamRegistration["pipeline"];
type Step = Readonly<Record<string, unknown>>;
/** Of the picture, source pixels. */
export interface Size {
  width: number;
  height: number;
}

const ANALYZERS: Readonly<Record<ShapeKind, string>> = { zone: "zones", line: "lines", mask: "motion" };
const KINDS = ["zone", "line", "mask"] as const;

/** The shapes that a pipeline's steps hold, as shares of the picture whatever they are counted in there. */
export function shapesOf(pipeline: Pipeline, size: Size): Shape[] {
  let key = 0;
  return stepsOf(pipeline).flatMap((step, index) => {
    const kind = kindOf(step);
    if (kind === undefined) return [];
    const shares = scaling(step, size);
    return heldBy(kind, step).map(({ name, points, rest }) => ({
      key: ++key,
      kind,
      name,
      points: points.map(([x, y]) => corner(x / shares.width, y / shares.height)),
      step: index,
      ...(rest && { rest }),
    }));
  });
}

/**
 * The pipeline with these shapes in its steps and no others. Steps keep their other options; one that has no zones or
 * lines left goes, one that is wanted and missing comes: motion first, the others after all that was there.
 */
export function withShapes(pipeline: Pipeline, shapes: readonly Shape[], size: Size): Pipeline {
  const given = stepsOf(pipeline);
  const steps = given.flatMap((step, index): Step[] => {
    const kind = kindOf(step);
    if (kind === undefined) return [step];
    const first = given.findIndex((other) => kindOf(other) === kind) === index;
    const own = shapes.filter((shape) => shape.kind === kind && (shape.step ?? (first ? index : -1)) === index);
    if (kind !== "mask" && own.length === 0) return [];
    return [{ ...step, ...options(kind, own, scaling(step, size)) }];
  });
  for (const kind of KINDS) {
    const wanted = shapes.filter((shape) => shape.kind === kind);
    if (wanted.length === 0 || given.some((step) => kindOf(step) === kind)) continue;
    const step = { analyzer: ANALYZERS[kind], ...options(kind, wanted, { width: 1, height: 1 }) };
    if (kind === "mask") steps.unshift(step);
    else steps.push(step);
  }
  return steps as unknown as Pipeline;
}

/** What saving means besides what is drawn; for people. */
export function remarks(before: Pipeline, shapes: readonly Shape[]): string[] {
  const kinds = new Set(shapes.map(({ kind }) => kind));
  const has = (test: (step: Step) => boolean) => stepsOf(before).some(test);
  const said: string[] = [];
  if (kinds.has("mask") && !has((step) => step.analyzer === "motion")) {
    said.push("A motion step comes first: frames in which nothing moves outside the masks are held back.");
  }
  const counted = kinds.has("zone") || kinds.has("line");
  if (counted && !has((step) => "model" in step)) {
    said.push("No model looks at this stream: there is nothing to count.");
  } else if (counted && !has((step) => step.analyzer === "track")) {
    said.push("Without a track step zones only count what is inside, and lines count nothing.");
  }
  return said;
}

/** Steps as what they are in JSON. */
function stepsOf(pipeline: Pipeline): readonly Step[] {
  return pipeline as unknown as readonly Step[];
}

function kindOf(step: Step): ShapeKind | undefined {
  return KINDS.find((kind) => ANALYZERS[kind] === step.analyzer);
}

/** What a step's coordinates are divided by to be shares. */
function scaling({ units }: Step, size: Size): Size {
  return units === "pixels" ? size : { width: 1, height: 1 };
}

interface Held {
  name: string;
  points: Corner[];
  rest?: Record<string, unknown>;
}

function heldBy(kind: ShapeKind, step: Step): Held[] {
  if (kind === "mask") return ((step.ignore ?? []) as Corner[][]).map((points) => ({ name: "", points }));
  const named = Object.entries((step[ANALYZERS[kind]] ?? {}) as Record<string, Record<string, unknown>>);
  return named.map(([name, { points, from, to, ...rest }]) => ({
    name,
    points: (kind === "zone" ? points : [from, to]) as Corner[],
    rest,
  }));
}

function options(kind: ShapeKind, shapes: readonly Shape[], scale: Size): Record<string, unknown> {
  const drawn = shapes.map(({ name, points, rest }) => ({
    name,
    rest,
    points: points.map(([x, y]) => [inUnits(x, scale.width), inUnits(y, scale.height)]),
  }));
  if (kind === "mask") return { ignore: drawn.map(({ points }) => points) };
  const named = drawn.map(({ name, points, rest }) => [
    name,
    { ...rest, ...(kind === "zone" ? { points } : { from: points[0], to: points[1] }) },
  ]);
  return { [ANALYZERS[kind]]: Object.fromEntries(named) };
}

/** Pixels a tenth exact; shares as they are. */
function inUnits(share: number, most: number): number {
  return most === 1 ? share : Math.round(share * most * 10) / 10;
}
