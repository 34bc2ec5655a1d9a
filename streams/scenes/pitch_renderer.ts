import { Canvas } from "./canvas.ts";
import { pack, packDelta, type Packed } from "./colour.ts";
import { PitchBackdrop } from "./pitch_backdrop.ts";
import { Figure, type Pose } from "./pitch_figure.ts";
import { Goal } from "./pitch_goal.ts";
import type { PitchLook } from "./pitch_look.ts";
import { GOAL, MIDDLE_Y, PITCH_LENGTH } from "./pitch_measures.ts";
import { type CameraPose, Projection } from "./projection.ts";
import { Random } from "./random.ts";
import { type PictureLight, Sprite } from "./sprite.ts";

/** One person to draw: who, in what clothes, in what pose. */
export interface Actor {
  figure: Figure;
  pose: Pose;
}

/** Where the ball is, where it was when the shutter opened, and how far it has rolled. */
export interface BallView {
  x: number;
  y: number;
  z: number;
  fromX: number;
  fromY: number;
  fromZ: number;
  roll: number;
}

/** What became of one drawn thing: its box in pixels, not clipped, and the share of it that shows. */
export interface Seen {
  box: [left: number, top: number, right: number, bottom: number];
  visible: number;
}

/** What is in front of the camera. */
export interface View {
  actors: readonly Actor[];
  ball: BallView | undefined;
  camera: CameraPose;
  drift: readonly [number, number, number];
  /** Number of the frame: decides the grain. */
  frame: number;
}

const GRAIN_BITS = 16;

/** Paints the match: ground, lines, shadows, then everything upright from far to near, then the camera's own noise. */
export class PitchRenderer {
  readonly canvas: Canvas;
  readonly projection: Projection;
  #backdrop: PitchBackdrop;
  #goals: [Goal, Goal];
  #sprite = new Sprite();
  #light: PictureLight;
  #softness: number;
  #grain: Int32Array;
  #ballColour: Packed;
  #patchColour: Packed;

  constructor(
    private readonly look: PitchLook,
    private readonly seed: number,
    size: { width: number; height: number },
  ) {
    this.canvas = new Canvas(size.width, size.height);
    this.projection = new Projection(size.width, size.height);
    this.#backdrop = PitchBackdrop.of(look, seed);
    this.#softness = Math.max(0.8, look.softness * (size.height / 720));
    const colours = { frame: pack(look.lines), net: pack(look.net), softness: this.#softness };
    this.#goals = [new Goal(0, colours), new Goal(1, colours)];
    const { pictureX, pictureY, depth } = look.light;
    this.#light = { x: pictureX, y: pictureY, depth };
    this.#grain = grainTable(look.grain, new Random(seed, 5), size.width);
    this.#ballColour = pack(look.ball);
    this.#patchColour = pack([60, 60, 66]);
  }

  /** Renders one frame; answers what was seen of the actors, in their order, and of the ball, last. */
  render(view: View): (Seen | undefined)[] {
    const { canvas, projection } = this;
    projection.aim(view.camera);
    canvas.owners.fill(0);
    this.#backdrop.paint(canvas, projection, this.#softness);
    const count = view.actors.length + 1;
    const inPicture = view.actors.map(({ figure, pose }) => {
      figure.pose(pose);
      return figure.see(projection);
    });
    const shapes = view.actors.map(({ figure }, i) => inPicture[i] && this.#touches(figure) ? figure : undefined);
    for (let i = 0; i < view.actors.length; i++) if (inPicture[i]) this.#castShadow(view.actors[i].figure);
    if (view.ball) this.#castBallShadow(view.ball);
    const steps: { depth: number; draw: () => void }[] = [];
    const seen = new Array<Seen | undefined>(count).fill(undefined);
    const areas = new Int32Array(count + 1);
    const whole = new Int32Array(count + 1);
    shapes.forEach((figure, i) => {
      if (!figure) return;
      const { x, y } = view.actors[i].pose;
      steps.push({
        depth: projection.depthOf(x, y, 0),
        draw: () => {
          const pad = this.#softness;
          this.#sprite.begin(figure.left - pad, figure.top - pad, figure.right + pad, figure.bottom + pad);
          figure.draw(this.#sprite, this.#light, this.#softness, projection);
          whole[i + 1] = this.#sprite.paste(canvas, i + 1, areas);
        },
      });
      seen[i] = { box: [figure.left, figure.top, figure.right, figure.bottom], visible: 0 };
    });
    const { ball } = view;
    if (ball) {
      steps.push({
        depth: projection.depthOf(ball.x, ball.y, 0),
        draw: () => {
          const box = this.#drawBall(ball, count, areas, whole);
          if (box) seen[count - 1] = { box, visible: 0 };
        },
      });
    }
    this.#goals.forEach((goal, end) => {
      const x = end ? PITCH_LENGTH : 0;
      const at = (y: number) => projection.depthOf(x, y, 0);
      steps.push({ depth: at(MIDDLE_Y - GOAL.halfWidth - 0.1), draw: () => goal.drawFar(canvas, projection) });
      steps.push({ depth: at(MIDDLE_Y + GOAL.halfWidth + 0.1), draw: () => goal.drawNear(canvas, projection) });
    });
    steps.push(...this.#backdrop.flags(canvas, projection, this.#softness));
    steps.sort((a, b) => b.depth - a.depth);
    for (const step of steps) step.draw();
    seen.forEach((one, i) => {
      if (one) one.visible = whole[i + 1] > 0 ? areas[i + 1] / whole[i + 1] : 0;
    });
    this.#addGrain(view);
    return seen;
  }

  #touches(figure: Figure): boolean {
    return figure.right > 0 && figure.left < this.canvas.width && figure.bottom > 0 && figure.top < this.canvas.height;
  }

  #castShadow(figure: Figure): void {
    const { light } = this.look;
    const height = figure.bottom - figure.top;
    const reach = height * (0.4 + 1.6 * Math.hypot(light.shadowX, light.shadowY));
    const { left, right, top, bottom } = figure;
    if (
      right + reach < 0 || left - reach > this.canvas.width || bottom + reach < 0 || top - reach > this.canvas.height
    ) return;
    const middle = (left + right) / 2;
    const strength = Math.round(light.strength * 256);
    const cast = (x: number, y: number, soft: number) => {
      this.#sprite.begin(middle - reach, bottom - reach * 0.75, middle + reach, bottom + reach * 0.75);
      figure.castShadow(this.#sprite, this.projection, { x, y }, soft);
      this.#sprite.darken(this.canvas, strength);
    };
    if (light.kind === "sun") cast(light.shadowX, light.shadowY, this.#softness * 1.3);
    else if (light.kind === "night") {
      const { shadowX: x, shadowY: y } = light;
      for (const [sx, sy] of [[x, y], [-y, x], [-x, -y], [y, -x]]) cast(sx, sy, this.#softness * 2);
    } else cast(0.05, 0.05, height * 0.16);
  }

  #castBallShadow(ball: BallView): void {
    const { light } = this.look;
    if (!this.projection.project(ball.x + light.shadowX * ball.z, ball.y + light.shadowY * ball.z, 0)) return;
    const { u, v, scale } = this.projection;
    const radius = this.#ballRadius(scale);
    const squash = Math.max(0.12, this.projection.pose.z / this.projection.depth);
    this.#sprite.begin(u - radius * 3, v - radius * 2, u + radius * 3, v + radius * 2);
    this.#sprite.shadow({ x0: u, y0: v, r0: radius, x1: u, y1: v, r1: radius, softness: this.#softness * 1.5 }, squash);
    this.#sprite.darken(this.canvas, Math.round(light.strength * 256));
  }

  /** A ball is drawn a little larger than life where it would be lost. */
  #ballRadius(scale: number): number {
    return Math.max(0.128 * scale, 3.4 * (this.canvas.height / 720));
  }

  #drawBall(ball: BallView, owner: number, areas: Int32Array, whole: Int32Array): Seen["box"] | undefined {
    const { projection } = this;
    if (!projection.project(ball.fromX, ball.fromY, ball.fromZ)) return undefined;
    const x0 = projection.u, y0 = projection.v;
    if (!projection.project(ball.x, ball.y, ball.z)) return undefined;
    const x1 = projection.u, y1 = projection.v;
    const radius = this.#ballRadius(projection.scale);
    const left = Math.min(x0, x1) - radius, right = Math.max(x0, x1) + radius;
    const top = Math.min(y0, y1) - radius, bottom = Math.max(y0, y1) + radius;
    if (right <= 0 || left >= this.canvas.width || bottom <= 0 || top >= this.canvas.height) return undefined;
    const softness = this.#softness;
    const sprite = this.#sprite;
    sprite.begin(left - softness, top - softness, right + softness, bottom + softness);
    const light = { ...this.#light, depth: this.#light.depth * 0.8 };
    sprite.capsule({ x0, y0, r0: radius, x1, y1, r1: radius, softness }, { colour: this.#ballColour }, light);
    const streak = Math.hypot(x1 - x0, y1 - y0);
    if (streak < radius) {
      for (let i = 0; i < 3; i++) {
        const turn = ball.roll + (i * Math.PI * 2) / 3;
        if (Math.sin(turn) < -0.2) continue;
        const px = x1 + Math.cos(turn) * radius * 0.62, py = y1 + (i - 1) * radius * 0.45;
        const dot = radius * 0.3 * (0.4 + 0.6 * Math.max(0, Math.sin(turn)));
        sprite.capsule(
          { x0: px, y0: py, r0: dot, x1: px, y1: py, r1: dot, softness },
          { colour: this.#patchColour },
          light,
        );
      }
    }
    const opacity = Math.max(0.55, Math.min(1, (1.5 * 2 * radius) / (2 * radius + streak)));
    whole[owner] = sprite.paste(this.canvas, owner, areas, Math.round(opacity * 256));
    return [left, top, right, bottom];
  }

  #addGrain(view: View): void {
    const [r, g, b] = view.drift;
    let state = (Math.imul(view.frame + 1, 0x9e3779b1) ^ Math.imul(this.seed + 77, 0x85ebca6b)) | 1;
    const mask = (1 << GRAIN_BITS) - 1;
    this.canvas.addGrain(this.#grain, packDelta(clampDrift(r), clampDrift(g), clampDrift(b)), () => {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      return (state >>> 12) & mask;
    });
  }
}

function clampDrift(value: number): number {
  return Math.max(-5, Math.min(5, value));
}

function grainTable(strength: number, random: Random, width: number): Int32Array {
  const table = new Int32Array((1 << GRAIN_BITS) + width);
  const clamp = (value: number) => Math.max(-10, Math.min(10, value));
  const body = 1 << GRAIN_BITS;
  for (let i = 0; i < body; i++) {
    const luma = random.normal() * strength;
    const channel = () => clamp(luma + (random.next() - 0.5) * strength * 1.4);
    table[i] = packDelta(channel(), channel(), channel());
  }
  for (let i = 0; i < width; i++) table[body + i] = table[i % body];
  return table;
}
