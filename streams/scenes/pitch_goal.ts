import type { Canvas } from "./canvas.ts";
import { type Packed } from "./colour.ts";
import { GOAL, MIDDLE_Y, PITCH_LENGTH } from "./pitch_measures.ts";
import type { Projection } from "./projection.ts";

/** One of the two goals: net, posts and bar. What lies behind the near side net is drawn before it. */
export class Goal {
  readonly #line: number;
  readonly #back: number;

  constructor(end: 0 | 1, readonly colours: { frame: Packed; net: Packed; softness: number }) {
    this.#line = end ? PITCH_LENGTH : 0;
    this.#back = end ? PITCH_LENGTH + GOAL.depth : -GOAL.depth;
  }

  /** The far post with the nets that whoever stands in the goal hides. */
  drawFar(canvas: Canvas, projection: Projection): void {
    const { halfWidth, height } = GOAL;
    const far = MIDDLE_Y - halfWidth, near = MIDDLE_Y + halfWidth;
    this.#net(canvas, projection, [this.#line, far, 0], [this.#back, far, 0], [0, 0, height]);
    this.#net(canvas, projection, [this.#back, far, 0], [this.#back, near, 0], [0, 0, height]);
    this.#net(canvas, projection, [this.#line, far, height], [this.#line, near, height], [
      this.#back - this.#line,
      0,
      0,
    ]);
    this.#bar(canvas, projection, [this.#line, far, 0], [this.#line, far, height]);
  }

  /** The near post, the bar and the near side net. */
  drawNear(canvas: Canvas, projection: Projection): void {
    const { halfWidth, height } = GOAL;
    const far = MIDDLE_Y - halfWidth, near = MIDDLE_Y + halfWidth;
    this.#net(canvas, projection, [this.#line, near, 0], [this.#back, near, 0], [0, 0, height]);
    this.#bar(canvas, projection, [this.#line, far, height], [this.#line, near, height]);
    this.#bar(canvas, projection, [this.#line, near, 0], [this.#line, near, height]);
  }

  #bar(canvas: Canvas, projection: Projection, from: Point, to: Point): void {
    this.#stroke(canvas, projection, from, to, {
      width: GOAL.post * 2,
      colour: this.colours.frame,
      alpha: 1,
      least: 2,
    });
  }

  /** A meshed parallelogram: from `a` to `b`, spread along `way`. */
  #net(canvas: Canvas, projection: Projection, a: Point, b: Point, way: Point): void {
    const mesh = 0.3;
    const pen = { width: 0.02, colour: this.colours.net, alpha: 0.42, least: 0.7 };
    const across = Math.max(1, Math.round(Math.hypot(b[0] - a[0], b[1] - a[1], b[2] - a[2]) / mesh));
    for (let i = 0; i <= across; i++) {
      const t = i / across;
      const from: Point = [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t];
      this.#stroke(canvas, projection, from, [from[0] + way[0], from[1] + way[1], from[2] + way[2]], pen);
    }
    const up = Math.max(1, Math.round(Math.hypot(...way) / mesh));
    for (let i = 0; i <= up; i++) {
      const t = i / up;
      const shift = (p: Point): Point => [p[0] + way[0] * t, p[1] + way[1] * t, p[2] + way[2] * t];
      this.#stroke(canvas, projection, shift(a), shift(b), pen);
    }
  }

  #stroke(
    canvas: Canvas,
    projection: Projection,
    from: Point,
    to: Point,
    pen: { width: number; colour: Packed; alpha: number; least: number },
  ): void {
    if (!projection.project(...from)) return;
    const { u, v } = projection;
    if (!projection.project(...to)) return;
    const width = Math.max(pen.least * (canvas.height / 720), pen.width * projection.scale);
    canvas.line(u, v, projection.u, projection.v, {
      colour: pen.colour,
      width,
      alpha: pen.alpha,
      softness: this.colours.softness,
    });
  }
}

type Point = [x: number, y: number, z: number];
