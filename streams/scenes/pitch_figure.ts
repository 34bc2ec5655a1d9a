import { pack } from "./colour.ts";
import type { Body, Kit } from "./pitch_look.ts";
import type { Projection } from "./projection.ts";
import type { PictureLight, Sprite, Surface } from "./sprite.ts";

/** How a person stands or moves at one moment. */
export interface Pose {
  x: number;
  y: number;
  /** Direction faced, radians from +x towards +y. */
  heading: number;
  speed: number;
  /** Progress of the gait, radians. */
  gait: number;
  /** Sideways lean of a dive, −1 to 1. */
  dive: number;
  /** Seconds since a kick began; large when there is none. */
  kick: number;
  armsUp: number;
}

interface Limb {
  a: number;
  b: number;
  ra: number;
  rb: number;
  surface: number;
  /** Metres this limb counts as nearer than it is, so that clothes lie over what they cover. */
  bias: number;
}

const SKIN = 0, HAIR = 1, SHIRT = 2, SHORTS = 3, SOCKS = 4, BOOTS = 5, SLEEVES = 6, FOREARMS = 7, HANDS = 8, NUMBER = 9;

const PELVIS = 0, CHEST = 1, NECK = 2, HEAD = 3, CROWN = 4, SIDE = 5, LEGS = 9, ARMS = 19, JOINTS = 25;

const LIMBS: readonly Limb[] = [
  ...[0, 1].flatMap((side): Limb[] => {
    const hip = LEGS + side * 5, shoulder = SIDE + side * 2 + 1, elbow = ARMS + side * 3;
    return [
      { a: hip, b: hip + 2, ra: 0.088, rb: 0.066, surface: SKIN, bias: 0 },
      { a: hip, b: hip + 1, ra: 0.118, rb: 0.112, surface: SHORTS, bias: 0.06 },
      { a: hip + 2, b: hip + 3, ra: 0.066, rb: 0.048, surface: SOCKS, bias: 0.02 },
      { a: hip + 3, b: hip + 4, ra: 0.052, rb: 0.04, surface: BOOTS, bias: 0.03 },
      { a: shoulder, b: elbow, ra: 0.074, rb: 0.058, surface: SLEEVES, bias: 0.02 },
      { a: elbow, b: elbow + 1, ra: 0.046, rb: 0.038, surface: FOREARMS, bias: 0.02 },
      { a: elbow + 1, b: elbow + 2, ra: 0.048, rb: 0.044, surface: HANDS, bias: 0.03 },
      { a: SIDE + side * 2, b: shoulder, ra: 0.112, rb: 0.104, surface: SHIRT, bias: 0.09 },
    ];
  }),
  { a: PELVIS, b: CHEST, ra: 0.122, rb: 0.142, surface: SHIRT, bias: 0.1 },
  { a: NECK, b: HEAD, ra: 0.06, rb: 0.058, surface: SKIN, bias: 0.02 },
  { a: HEAD, b: HEAD, ra: 0.108, rb: 0.108, surface: SKIN, bias: 0.05 },
  { a: CROWN, b: CROWN, ra: 0.112, rb: 0.112, surface: HAIR, bias: 0.05 },
];

/** The limbs that suffice for a shadow. */
const SHADOW_LIMBS: readonly number[] = [1, 0, 2, 4, 9, 8, 10, 12, 16, 17, 18];

/** The ten digits, three cells wide and five high, a row a number. */
const GLYPHS: readonly (readonly number[])[] = [
  [7, 5, 5, 5, 7],
  [2, 6, 2, 2, 7],
  [7, 1, 7, 4, 7],
  [7, 1, 7, 1, 7],
  [5, 5, 7, 1, 1],
  [7, 4, 7, 1, 7],
  [7, 4, 7, 5, 7],
  [7, 1, 1, 2, 2],
  [7, 5, 7, 5, 7],
  [7, 5, 7, 1, 7],
];

/** One person as rounded limbs: posed in metres, then seen through a projection. */
export class Figure {
  /** The box of everything drawn, in pixels, after `see`. */
  left = 0;
  top = 0;
  right = 0;
  bottom = 0;
  #x = new Float64Array(JOINTS);
  #y = new Float64Array(JOINTS);
  #z = new Float64Array(JOINTS);
  #u = new Float64Array(JOINTS);
  #v = new Float64Array(JOINTS);
  #scale = new Float64Array(JOINTS);
  #depth = new Float64Array(JOINTS);
  #order: number[] = LIMBS.map((_, i) => i);
  #keys = new Float64Array(LIMBS.length);
  #surfaces: Surface[];
  #pose: Pose = { x: 0, y: 0, heading: 0, speed: 0, gait: 0, dive: 0, kick: 9, armsUp: 0 };

  constructor(readonly body: Body, readonly kit: Kit, readonly number: number, readonly keeper: boolean) {
    const plain = (rgb: Body["skin"]): Surface => ({ colour: pack(rgb) });
    const skin = plain(body.skin);
    this.#surfaces = [];
    this.#surfaces[SKIN] = skin;
    this.#surfaces[HAIR] = body.bald ? skin : plain(body.hair);
    this.#surfaces[SHIRT] = { colour: pack(kit.shirt), second: pack(kit.second), pattern: kit.pattern };
    this.#surfaces[SHORTS] = plain(kit.shorts);
    this.#surfaces[SOCKS] = plain(kit.socks);
    this.#surfaces[BOOTS] = plain(body.boots);
    this.#surfaces[SLEEVES] = plain(kit.sleeves);
    this.#surfaces[FOREARMS] = keeper ? plain(kit.sleeves) : skin;
    this.#surfaces[HANDS] = keeper ? plain([236, 236, 232]) : skin;
    this.#surfaces[NUMBER] = plain(kit.number);
  }

  /** Bends the joints. */
  pose(pose: Pose): void {
    this.#pose = pose;
    const size = this.body.height / 1.8;
    const fx = Math.cos(pose.heading), fy = Math.sin(pose.heading);
    const effort = Math.min(1, pose.speed / 7);
    const swing = pose.speed < 0.25 ? 0.05 : 0.16 + 0.72 * effort;
    const kicking = pose.kick < 0.5;
    let lowest = Infinity;
    for (const side of [0, 1]) {
      const p = pose.gait + side * Math.PI;
      let thigh = swing * Math.sin(p) + 0.05 + 0.12 * effort;
      let knee = 0.1 + (swing > 0.1 ? 0.2 + 1.3 * effort : 0) * Math.max(0, Math.cos(p - 0.5));
      if (kicking && side === 0) {
        const t = pose.kick / 0.5;
        thigh = t < 0.25 ? -0.5 : -0.5 + 1.9 * Math.sin(Math.min(1, (t - 0.25) * 2.2) * Math.PI * 0.6);
        knee = t < 0.3 ? 1.2 : 0.1;
      }
      const lateral = (side ? 1 : -1) * 0.098 * size;
      const hip = LEGS + side * 5;
      const shin = thigh - knee;
      this.#set(hip, 0, lateral, 0);
      this.#set(hip + 1, 0.25 * size * Math.sin(thigh), lateral * 1.15, -0.25 * size * Math.cos(thigh));
      this.#set(hip + 2, 0.45 * size * Math.sin(thigh), lateral * 1.15, -0.45 * size * Math.cos(thigh));
      const ax = 0.45 * size * Math.sin(thigh) + 0.41 * size * Math.sin(shin);
      const az = -0.45 * size * Math.cos(thigh) - 0.41 * size * Math.cos(shin);
      this.#set(hip + 3, ax, lateral * 1.2, az);
      const toe = shin * 0.7;
      this.#set(
        hip + 4,
        ax + 0.17 * size * Math.cos(toe),
        lateral * 1.3,
        az - 0.03 * size + 0.17 * size * Math.sin(toe),
      );
      lowest = Math.min(lowest, az, this.#z[hip + 4]);
    }
    const lean = 0.04 + 0.26 * effort - (kicking ? 0.15 : 0);
    const tall = 0.47 * size;
    const twist = -0.25 * swing * Math.sin(pose.gait);
    const chestX = tall * Math.sin(lean), chestZ = tall * Math.cos(lean);
    this.#set(PELVIS, 0, 0, 0.06 * size);
    this.#set(CHEST, chestX * 0.88, 0, chestZ * 0.88);
    this.#set(NECK, chestX * 1.16, 0, chestZ * 1.2);
    const headX = chestX + 0.24 * size * Math.sin(lean * 0.5) + 0.02, headZ = chestZ + 0.27 * size;
    this.#set(HEAD, headX, 0, headZ);
    this.#set(CROWN, headX - 0.035, 0, headZ + 0.028);
    for (const side of [0, 1]) {
      const sign = side ? 1 : -1;
      const p = pose.gait + side * Math.PI;
      this.#set(SIDE + side * 2, 0, sign * 0.06 * size, 0.02 * size);
      const sx = chestX + sign * twist * 0.15, sy = sign * 0.15 * size * this.body.build;
      this.#set(SIDE + side * 2 + 1, sx, sy, chestZ);
      let arm = -swing * 0.9 * Math.sin(p) + 0.05;
      let elbow = 0.25 + 1.1 * effort;
      let spread = 0.1;
      if (this.keeper && pose.speed < 3) {
        arm = 0.35;
        elbow = 0.9;
        spread = 0.34;
      }
      if (pose.armsUp > 0) {
        arm = 2.9 * pose.armsUp;
        elbow = 0.2;
      }
      const elbowIndex = ARMS + side * 3;
      const upper = 0.29 * size, lower = 0.24 * size;
      const ex = sx + upper * Math.sin(arm), ez = chestZ - upper * Math.cos(arm);
      const ey = sy + sign * (0.03 + upper * spread);
      this.#set(elbowIndex, ex, ey, ez);
      const fore = arm + elbow;
      this.#set(elbowIndex + 1, ex + lower * Math.sin(fore), ey + sign * spread * 0.15, ez - lower * Math.cos(fore));
      const hand = lower + (this.keeper ? 0.1 : 0.07) * size;
      this.#set(elbowIndex + 2, ex + hand * Math.sin(fore), ey + sign * spread * 0.18, ez - hand * Math.cos(fore));
    }
    const ground = 0.045 - lowest + (effort > 0.5 ? 0.05 * (effort - 0.5) * Math.abs(Math.sin(pose.gait)) : 0);
    const angle = pose.dive * 1.25;
    const sinDive = Math.sin(angle), cosDive = Math.cos(angle);
    for (let i = 0; i < JOINTS; i++) {
      const along = this.#x[i];
      let across = this.#y[i], up = this.#z[i] + ground;
      if (angle !== 0) {
        const rolled = across * cosDive + up * sinDive;
        up = Math.max(0.08, up * cosDive - across * sinDive + 0.1 * Math.abs(sinDive));
        across = rolled;
      }
      this.#x[i] = pose.x + along * fx - across * fy;
      this.#y[i] = pose.y + along * fy + across * fx;
      this.#z[i] = up;
    }
  }

  /** Projects the joints and measures the box. False when the person is behind the camera. */
  see(projection: Projection): boolean {
    this.left = this.top = Infinity;
    this.right = this.bottom = -Infinity;
    for (let i = 0; i < JOINTS; i++) {
      if (!projection.project(this.#x[i], this.#y[i], this.#z[i])) return false;
      this.#u[i] = projection.u;
      this.#v[i] = projection.v;
      this.#scale[i] = projection.scale;
      this.#depth[i] = projection.depth;
    }
    for (let i = 0; i < LIMBS.length; i++) {
      const { a, b, ra, rb, bias } = LIMBS[i];
      this.#keys[i] = (this.#depth[a] + this.#depth[b]) / 2 - bias;
      const build = this.body.build;
      this.#grow(a, ra * build);
      this.#grow(b, rb * build);
    }
    return true;
  }

  /** Draws the person into a sprite that was begun over its box. */
  draw(sprite: Sprite, light: PictureLight, softness: number, projection: Projection): void {
    const keys = this.#keys;
    this.#order.sort((a, b) => keys[b] - keys[a] || a - b);
    for (const i of this.#order) {
      const { a, b, ra, rb, surface } = LIMBS[i];
      this.#capsule(sprite, light, softness, a, b, ra, rb, this.#surfaces[surface]);
      if (i === LIMBS.length - 4 && this.number > 0) this.#drawNumber(sprite, light, softness, projection);
    }
  }

  /** Adds the shadow that light from above throws, `slope` metres of ground a metre of height. */
  castShadow(sprite: Sprite, projection: Projection, slope: { x: number; y: number }, softness: number): void {
    const squash = Math.max(0.12, projection.pose.z / Math.hypot(projection.pose.z, this.#depth[PELVIS]));
    const at = (i: number) => {
      const z = this.#z[i];
      return projection.project(this.#x[i] + slope.x * z, this.#y[i] + slope.y * z, 0);
    };
    for (const i of SHADOW_LIMBS) {
      const { a, b, ra, rb } = LIMBS[i];
      if (!at(a)) return;
      const x0 = projection.u, y0 = projection.v, s0 = projection.scale;
      if (!at(b)) return;
      const widen = i >= 16 ? 1.15 : 1;
      sprite.shadow(
        {
          x0,
          y0,
          r0: ra * s0 * widen,
          x1: projection.u,
          y1: projection.v,
          r1: rb * projection.scale * widen,
          softness,
        },
        squash,
      );
    }
  }

  #capsule(
    sprite: Sprite,
    light: PictureLight,
    softness: number,
    a: number,
    b: number,
    ra: number,
    rb: number,
    surface: Surface,
  ): void {
    const build = this.body.build;
    sprite.capsule(
      {
        x0: this.#u[a],
        y0: this.#v[a],
        r0: ra * build * this.#scale[a],
        x1: this.#u[b],
        y1: this.#v[b],
        r1: rb * build * this.#scale[b],
        softness,
      },
      surface,
      light,
    );
  }

  /** Draws the number on the back where the back is seen. */
  #drawNumber(sprite: Sprite, light: PictureLight, softness: number, projection: Projection): void {
    const away = Math.cos(this.#pose.heading) * projection.forwardX +
      Math.sin(this.#pose.heading) * projection.forwardY;
    if (away < 0.45 || Math.abs(this.#pose.dive) > 0.2) return;
    const cell = 0.05 * this.#scale[CHEST];
    const text = String(this.number);
    const fromX = this.#u[CHEST] - (text.length * 4 - 1) * 0.5 * cell * away + cell * 0.5 * away;
    const middle = (this.#v[CHEST] * 0.62) + this.#v[PELVIS] * 0.38;
    const surface = this.#surfaces[NUMBER];
    for (let d = 0; d < text.length; d++) {
      const glyph = GLYPHS[text.charCodeAt(d) - 48];
      for (let row = 0; row < 5; row++) {
        for (let column = 0; column < 3; column++) {
          if (!((glyph[row] >> (2 - column)) & 1)) continue;
          const x = fromX + (d * 4 + column) * cell * away, y = middle + (row - 2) * cell;
          sprite.capsule({ x0: x, y0: y, r0: cell * 0.55, x1: x, y1: y, r1: cell * 0.55, softness }, surface, light);
        }
      }
    }
  }

  #grow(joint: number, radius: number): void {
    const r = radius * this.#scale[joint];
    this.left = Math.min(this.left, this.#u[joint] - r);
    this.right = Math.max(this.right, this.#u[joint] + r);
    this.top = Math.min(this.top, this.#v[joint] - r);
    this.bottom = Math.max(this.bottom, this.#v[joint] + r);
  }

  #set(joint: number, along: number, across: number, up: number): void {
    this.#x[joint] = along;
    this.#y[joint] = across;
    this.#z[joint] = up;
  }
}
