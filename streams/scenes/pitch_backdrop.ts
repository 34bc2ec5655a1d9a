import type { Canvas } from "./canvas.ts";
import { pack, type Packed } from "./colour.ts";
import { Ground, GROUND_EDGE, groundRow } from "./pitch_ground.ts";
import type { PitchLook } from "./pitch_look.ts";
import { LINE_WIDTH, PITCH_LENGTH, PITCH_WIDTH, pitchMarkings, type Segment } from "./pitch_measures.ts";
import { Stands } from "./pitch_stands.ts";
import type { Projection } from "./projection.ts";

const MARKINGS = pitchMarkings();

/** Backdrops in use, by the seed that all of them follows from. */
const backdrops = new Map<number, WeakRef<PitchBackdrop>>();

/** Everything behind the people: ground, stands, painted lines; and the corner flags, which stand among them. */
export class PitchBackdrop {
  #ground: Ground;
  #stands: Stands;
  #lines: Packed;
  #flag: Packed;

  /** The backdrop of a seed's look. Scenes of one seed share it: it never changes, and takes a tenth of a second. */
  static of(look: PitchLook, seed: number): PitchBackdrop {
    const known = backdrops.get(seed)?.deref();
    if (known) return known;
    for (const [other, backdrop] of backdrops) if (!backdrop.deref()) backdrops.delete(other);
    const made = new PitchBackdrop(look, seed);
    backdrops.set(seed, new WeakRef(made));
    return made;
  }

  private constructor(private readonly look: PitchLook, seed: number) {
    this.#ground = new Ground(look, seed);
    this.#stands = new Stands(look, seed);
    this.#lines = pack(look.lines);
    this.#flag = pack(look.teams[0].shirt);
  }

  /** Fills the whole canvas. */
  paint(canvas: Canvas, projection: Projection, softness: number): void {
    for (let y = 0; y < canvas.height; y++) this.#paintRow(canvas, projection, y);
    for (const segment of MARKINGS) this.#paintLine(canvas, projection, segment, softness);
  }

  /** The four corner flags, each with its depth. */
  flags(canvas: Canvas, projection: Projection, softness: number): { depth: number; draw: () => void }[] {
    return [[0, 0], [PITCH_LENGTH, 0], [0, PITCH_WIDTH], [PITCH_LENGTH, PITCH_WIDTH]].map(([x, y]) => ({
      depth: projection.depthOf(x, y, 0),
      draw: () => {
        if (!projection.project(x, y, 0)) return;
        const { u, v, scale } = projection;
        if (!projection.project(x, y, 1.6)) return;
        const pole = { colour: this.#lines, width: Math.max(1, scale * 0.045), alpha: 1, softness };
        canvas.line(u, v, projection.u, projection.v, pole);
        const cloth = { colour: this.#flag, width: scale * 0.3, alpha: 1, softness };
        canvas.line(
          projection.u,
          projection.v + scale * 0.17,
          projection.u + scale * 0.42,
          projection.v + scale * 0.2,
          cloth,
        );
      },
    }));
  }

  #paintRow(canvas: Canvas, projection: Projection, y: number): void {
    const { width } = canvas;
    const { left, right, far } = GROUND_EDGE;
    const row = groundRow(projection, y);
    let from = width, to = width;
    if (row) {
      // Columns whose ground lies within the boards, each bound linear in the column.
      const bounds: [number, number] = [0, width];
      narrow(bounds, row.x - left, row.stepX);
      narrow(bounds, right - row.x, -row.stepX);
      narrow(bounds, row.y - far, row.stepY);
      if (bounds[0] < bounds[1]) [from, to] = bounds;
      if (from < to) this.#ground.paintRow(canvas, row, { y, from, to });
    }
    if (from > 0) this.#paintStands(canvas, projection, { y, from: 0, to: Math.min(from, width) });
    if (to < width) this.#paintStands(canvas, projection, { y, from: to, to: width });
  }

  #paintStands(canvas: Canvas, projection: Projection, columns: { y: number; from: number; to: number }): void {
    const { pose } = projection;
    const { left, right, far } = GROUND_EDGE;
    // A ray meets the left wall before the far one where its x at the far wall lies beyond the corner: linear in the column.
    const corner = (x: number) => {
      const v = (columns.y + 0.5 - projection.centreY) / pose.focal;
      const ratio = (x - pose.x) / (far - pose.y);
      const ahead = projection.forwardX + v * projection.downX - ratio * (projection.forwardY + v * projection.downY);
      const aside = projection.rightX - ratio * projection.rightY;
      return Math.ceil(projection.centreX - (ahead / aside) * pose.focal - 0.5);
    };
    const first = Math.max(columns.from, Math.min(columns.to, corner(left)));
    const last = Math.max(first, Math.min(columns.to, corner(right)));
    const { y } = columns;
    if (first > columns.from) {
      this.#stands.paintRow(canvas, projection, { axis: "x", at: left }, { y, from: columns.from, to: first });
    }
    if (last > first) this.#stands.paintRow(canvas, projection, { axis: "y", at: far }, { y, from: first, to: last });
    if (columns.to > last) {
      this.#stands.paintRow(canvas, projection, { axis: "x", at: right }, { y, from: last, to: columns.to });
    }
  }

  #paintLine(canvas: Canvas, projection: Projection, segment: Segment, softness: number): void {
    let [x0, y0, x1, y1] = segment;
    const near = 4;
    const d0 = projection.depthOf(x0, y0, 0), d1 = projection.depthOf(x1, y1, 0);
    if (d0 < near && d1 < near) return;
    if (d0 < near || d1 < near) {
      const t = (near - d0) / (d1 - d0);
      const x = x0 + (x1 - x0) * t, y = y0 + (y1 - y0) * t;
      if (d0 < near) [x0, y0] = [x, y];
      else [x1, y1] = [x, y];
    }
    const length = Math.hypot(x1 - x0, y1 - y0);
    const half = LINE_WIDTH / 2;
    const ax = ((x1 - x0) / length) * half, ay = ((y1 - y0) / length) * half;
    const corners = [
      [x0 - ax - ay, y0 - ay + ax],
      [x1 + ax - ay, y1 + ay + ax],
      [x0 - ax + ay, y0 - ay - ax],
      [x1 + ax + ay, y1 + ay - ax],
    ].flatMap(([x, y]) => {
      projection.project(x, y, 0);
      return [projection.u, projection.v];
    }) as [number, number, number, number, number, number, number, number];
    canvas.strip(corners, this.#lines, { alpha: this.look.lineAlpha, softness });
  }
}

/** Narrows `[from, to)` to the columns c where offset + slope · (c) ≥ 0. */
function narrow(bounds: [number, number], offset: number, slope: number): void {
  if (slope > 1e-12) bounds[0] = Math.max(bounds[0], Math.ceil(-offset / slope));
  else if (slope < -1e-12) bounds[1] = Math.min(bounds[1], Math.floor(-offset / slope) + 1);
  else if (offset < 0) bounds[1] = bounds[0];
}
