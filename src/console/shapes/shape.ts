/** A place in the picture, as shares of its width and height. */
export type Corner = readonly [x: number, y: number];

/** What can be drawn: an area where things are counted, a line that they cross, an area in which nothing counts. */
export type ShapeKind = "zone" | "line" | "mask";

/** Something drawn into the picture. */
export interface Shape {
  /** Names it as long as it is edited. */
  readonly key: number;
  readonly kind: ShapeKind;
  /** Masks have none. */
  readonly name: string;
  readonly points: readonly Corner[];
  /** The step of the pipeline that it belongs to; undefined while it belongs to none. */
  readonly step?: number;
  /** What else is said of it there, a line's directions for instance. */
  readonly rest?: Readonly<Record<string, unknown>>;
}

/** The fewest and the most points of each kind. */
export const POINTS: Readonly<Record<ShapeKind, { least: number; most: number }>> = {
  zone: { least: 3, most: 64 },
  line: { least: 2, most: 2 },
  mask: { least: 3, most: 64 },
};

/** More digits say nothing of a picture. */
const STEPS = 10_000;

/** A corner inside the picture, tidy. */
export function corner(x: number, y: number): Corner {
  const tidy = (value: number) => Math.round(Math.min(1, Math.max(0, value)) * STEPS) / STEPS;
  return [tidy(x), tidy(y)];
}

/** A shape in the middle of the picture, to begin with. */
export function shapeInMiddle(kind: ShapeKind): Corner[] {
  if (kind === "line") return [corner(0.25, 0.5), corner(0.75, 0.5)];
  return [corner(0.35, 0.35), corner(0.65, 0.35), corner(0.65, 0.65), corner(0.35, 0.65)];
}

/** The shape with one of its points elsewhere. */
export function withPoint(shape: Shape, index: number, to: Corner): Shape {
  return { ...shape, points: shape.points.map((point, at) => at === index ? to : point) };
}

/** The shape with one more point in the middle of the side that begins at a point; the same where it takes no more. */
export function withPointAfter(shape: Shape, index: number): Shape {
  const { points, kind } = shape;
  if (points.length >= POINTS[kind].most) return shape;
  const [from, to] = [points[index], points[(index + 1) % points.length]];
  const middle = corner((from[0] + to[0]) / 2, (from[1] + to[1]) / 2);
  return { ...shape, points: points.toSpliced(index + 1, 0, middle) };
}

/** The shape without a point; undefined where nothing would be left of it. */
export function withoutPoint(shape: Shape, index: number): Shape | undefined {
  if (shape.points.length <= POINTS[shape.kind].least) return undefined;
  return { ...shape, points: shape.points.toSpliced(index, 1) };
}

/** The shape moved as a whole; none of its points leaves the picture. */
export function moved(shape: Shape, [dx, dy]: Corner): Shape {
  const span = (axis: 0 | 1) => {
    const values = shape.points.map((point) => point[axis]);
    return [Math.min(...values), Math.max(...values)];
  };
  const within = (by: number, [least, most]: number[]) => Math.min(1 - most, Math.max(-least, by));
  const [x, y] = [within(dx, span(0)), within(dy, span(1))];
  return { ...shape, points: shape.points.map(([px, py]) => corner(px + x, py + y)) };
}

/** A name that no other shape of the kind has. */
export function freeName(kind: ShapeKind, shapes: readonly Shape[]): string {
  if (kind === "mask") return "";
  const taken = new Set(shapes.map(({ name }) => name));
  for (let number = 1;; number++) if (!taken.has(`${kind} ${number}`)) return `${kind} ${number}`;
}
