import type { Rgb } from "./colour.ts";
import { noiseGrid, smoothNoise } from "./noise.ts";
import type { PortraitLook } from "./portrait_look.ts";
import { Random } from "./random.ts";

/** Someone's head and shoulders, painted once: premultiplied colour, coverage and how much of it is skin. */
export interface PortraitLayer {
  width: number;
  height: number;
  /** Where the middle of the face lies in it. */
  centreX: number;
  centreY: number;
  /** Red, green, blue, coverage, skin: five numbers a pixel, colours 0–255. */
  values: Float32Array;
}

/** Half the face's width is 1; the middle between nose and eyes is the origin, y goes down. */
export const EXTENT = { left: -2.9, right: 2.9, top: -1.8, bottom: 3.1 };
/** The face as a detector would frame it. */
export const FACE_BOX = { left: -1.0, right: 1.0, top: -1.0, bottom: 1.36 };
const CHIN = 1.36, CROWN = -1.5;
const EYE = { x: 0.41, y: -0.12 };

/** What is gathered of one point. */
interface Paint {
  r: number;
  g: number;
  b: number;
  cover: number;
  skin: number;
}

/** Paints head and shoulders with `unit` pixels for half the face's width; `closed` with closed eyes. */
export function portraitFace(
  look: PortraitLook,
  unit: number,
  { seed, closed }: { seed: number; closed: boolean },
): PortraitLayer {
  const random = new Random(seed, 22);
  const strands = noiseGrid(64, random), pores = noiseGrid(64, random), knit = noiseGrid(64, random);
  const width = Math.ceil((EXTENT.right - EXTENT.left) * unit), height = Math.ceil((EXTENT.bottom - EXTENT.top) * unit);
  const values = new Float32Array(width * height * 5);
  const soft = 1.2 / unit;
  const paint: Paint = { r: 0, g: 0, b: 0, cover: 0, skin: 0 };
  for (let row = 0, at = 0; row < height; row++) {
    const y = EXTENT.top + (row + 0.5) / unit;
    for (let column = 0; column < width; column++, at += 5) {
      const x = EXTENT.left + (column + 0.5) / unit;
      paint.r =
        paint.g =
        paint.b =
        paint.cover =
        paint.skin =
          0;
      const angle = Math.atan2(y + 0.4, x);
      paintBackHair(paint, look, { x, y, soft, grain: smoothNoise(strands, 64, x * 14 + 20, y * 1.3 + 9) });
      paintBody(paint, look, { x, y, soft, grain: smoothNoise(knit, 64, x * 42, y * 42) });
      paintFace(paint, look, { x, y, soft, closed, grain: smoothNoise(pores, 64, x * 30, y * 30) });
      paintHair(paint, look, { x, y, soft, grain: smoothNoise(strands, 64, angle * 26, Math.hypot(x, y) * 3.1) });
      values[at] = paint.r;
      values[at + 1] = paint.g;
      values[at + 2] = paint.b;
      values[at + 3] = paint.cover;
      values[at + 4] = paint.skin;
    }
  }
  return { width, height, centreX: -EXTENT.left * unit, centreY: -EXTENT.top * unit, values };
}

interface Point {
  x: number;
  y: number;
  soft: number;
  grain: number;
}

/** Hair that falls behind the neck: a rounded shape that widens a little on its way down. */
function paintBackHair(paint: Paint, look: PortraitLook, { x, y, soft, grain }: Point): void {
  const reach = 0.35 + 1.3 * look.longHair;
  if (look.longHair < 0.35) return;
  const aside = Math.abs(x);
  const half = 1.13 + 0.1 * smooth((y + 0.4) / 1.6) - 0.3 * smooth((y - reach + 0.35) / 0.4);
  const hair = edge(half - aside + 0.03 * grain, soft * 4) * edge(reach + 0.05 * grain - 0.12 * aside - y, 0.1) *
    edge(y + 0.6, 0.1);
  if (hair > 0) {
    lay(paint, look.hair, 0.62 + 0.22 * grain - 0.12 * x - 0.16 * smooth(1 - (half - aside) / 0.2), hair, 0);
  }
}

function paintBody(paint: Paint, look: PortraitLook, { x, y, soft, grain }: Point): void {
  const aside = Math.abs(x);
  // The neck lies in the shadow of the chin.
  const neck = edge(0.56 + 0.1 * Math.max(0, y - 1.5) ** 2 - aside, soft) * edge(y - 0.5, soft);
  if (neck > 0) {
    const shadow = 0.52 + 0.3 * smooth((y - jaw(x) + 0.05) / 0.9);
    const round = 0.78 + 0.22 * Math.sqrt(Math.max(0, 1 - (aside / 0.66) ** 2)) - 0.1 * x;
    lay(paint, look.skin, shadow * round * 1.06, neck, 1);
  }
  const shoulder = 1.72 + 0.42 * Math.pow(Math.max(0, aside - 0.45), 1.25);
  const body = edge(y - shoulder, soft) * edge(2.75 - aside + 0.1 * (y - 2), soft * 2);
  if (body > 0) {
    const collar = gauss(y - shoulder, 0.05) * edge(0.9 - aside, 0.1);
    const light = 0.92 - 0.16 * x - 0.22 * smooth((aside - 1) / 1.9) + 0.05 * grain - 0.25 * collar;
    lay(paint, look.clothes, light * (0.86 + 0.14 * smooth((y - shoulder) / 0.4)), body, 0);
  }
  for (const side of [-1, 1]) {
    const ear = edge(1 - Math.hypot((x - side * 1.0) / 0.17, (y - 0.06) / 0.33), soft * 5);
    const hollow = gauss(Math.hypot((x - side * 1.04) / 0.8, (y - 0.04) / 1.6), 0.09);
    if (ear > 0) lay(paint, look.skin, (0.82 - 0.1 * x) * (1 - 0.25 * hollow), ear, 1);
  }
}

function paintFace(paint: Paint, look: PortraitLook, { x, y, soft, closed, grain }: Point & { closed: boolean }): void {
  const half = halfWidth(y);
  const face = half <= 0 ? 0 : edge((half - Math.abs(x)) * 0.9, soft);
  if (face <= 0) return;
  // Round like an egg, lit from above on the left.
  const nx = clamp(x / Math.max(0.05, half), -1, 1) * 0.86, ny = clamp((y - 0.05) / 1.5, -1, 1) * 0.72;
  const nz = Math.sqrt(Math.max(0.02, 1 - nx * nx - ny * ny));
  const lit = Math.max(0, -0.42 * nx - 0.42 * ny + 0.8 * nz);
  let light = 0.6 + 0.44 * lit + 0.012 * grain;
  const aside = Math.abs(x);
  light *= 1 - 0.17 * spot(aside - EYE.x, y - EYE.y + 0.04, 0.24, 0.16);
  light *= 1 - 0.12 * spot(x - 0.15, y - 0.2, 0.075, 0.28) + 0.07 * spot(x + 0.02, y - 0.1, 0.06, 0.3);
  light *= 1 + 0.1 * spot(x + 0.03, y - 0.42, 0.09, 0.08) - 0.1 * spot(aside - 0.17, y - 0.47, 0.04, 0.07);
  light *= 1 - 0.2 * spot(x, y - 0.575, 0.17, 0.035) - 0.5 * spot(aside - 0.085, y - 0.525, 0.042, 0.022);
  light *= 1 - 0.07 * spot(x, y - 0.68, 0.05, 0.07) - 0.13 * spot(x, y - 1.03, 0.24, 0.05) +
    0.05 * spot(x, y - 1.18, 0.2, 0.08);
  light *= 1 - 0.08 * spot(aside - 0.36 - 0.12 * (y - 0.55), y - 0.62, 0.035, 0.2) +
    0.05 * spot(x + 0.15, y + 0.75, 0.4, 0.25);
  lay(paint, look.skin, light, face, 1);
  const rose = 0.55 * spot(aside - 0.55, y - 0.36, 0.22, 0.2) + 0.35 * spot(x, y - 0.44, 0.12, 0.1);
  paint.g *= 1 - 0.07 * rose * face;
  paint.b *= 1 - 0.06 * rose * face;
  paintMouth(paint, look, { x, y, soft, light });
  paintEye(paint, look, { x, y, soft, light, closed });
  const along = (aside - EYE.x) / 0.27;
  const brow = -0.42 - 0.06 * (1 - along * along) + 0.02 * along;
  const hairs = edge(0.042 * (1 - 0.45 * smooth(along)) - Math.abs(y - brow), 0.03) * edge(1 - Math.abs(along), 0.25);
  if (hairs > 0) lay(paint, look.hair, 0.9 + 0.2 * grain, hairs * 0.82, 0);
}

function paintMouth(
  paint: Paint,
  look: PortraitLook,
  { x, y, soft, light }: Omit<Point, "grain"> & { light: number },
): void {
  const along = x / 0.36;
  if (Math.abs(along) > 1.1) return;
  const line = 0.84 - 0.035 * along * along;
  const taper = Math.sqrt(Math.max(0, 1 - along * along));
  const upper = 0.085 * taper * (1 - 0.28 * Math.exp(-((x / 0.07) ** 2))), lower = 0.12 * taper;
  const lips = edge(Math.min(y - line + upper, line + lower - y), soft * 1.6);
  if (lips > 0) {
    lay(
      paint,
      look.lips,
      light * (y < line ? 0.9 : 1.03 + 0.1 * spot(x + 0.05, y - line - 0.055, 0.13, 0.025)),
      lips * 0.9,
      1,
    );
  }
  const dark = gauss(y - line, 0.013) * edge(1 - Math.abs(along), 0.1);
  if (dark > 0.01) lay(paint, look.lips, light * 0.5, dark * 0.8, 0);
}

function paintEye(
  paint: Paint,
  look: PortraitLook,
  { x, y, soft, light, closed }: Omit<Point, "grain"> & { light: number; closed: boolean },
): void {
  const side = x < 0 ? -1 : 1;
  const dx = x - side * EYE.x, dy = y - EYE.y;
  const along = dx / 0.2;
  if (Math.abs(along) > 1.15 || Math.abs(dy) > 0.3) return;
  const bend = Math.max(0, 1 - along * along);
  const top = -0.1 * Math.pow(bend, 0.7), bottom = 0.062 * bend;
  const crease = gauss(dy - top * 1.0 + 0.06, 0.014) * edge(1 - Math.abs(along), 0.2);
  lay(paint, look.skin, light * 0.62, crease * 0.55, 1);
  if (!closed) {
    const open = edge(Math.min(dy - top, bottom - dy), soft * 1.2);
    if (open > 0) {
      const shade = 0.8 + 0.2 * smooth((dy - top) / 0.09) - 0.12 * along * along;
      lay(paint, [226, 222, 216], shade * (0.55 + 0.45 * light), open, 0);
      const away = Math.hypot(dx, dy + 0.012);
      lay(
        paint,
        look.iris,
        0.7 + 0.6 * smooth((away - 0.02) / 0.06) - 0.3 * smooth((away - 0.07) / 0.02),
        open * edge(0.088 - away, soft),
        0,
      );
      lay(paint, [18, 16, 16], 1, open * edge(0.04 - away, soft), 0);
      lay(paint, [250, 250, 250], 1, open * edge(0.02 - Math.hypot(dx + 0.03, dy + 0.04), soft), 0);
    }
  }
  const lid = closed ? bottom * 0.8 : top;
  const lash = edge(0.016 + 0.012 * smooth(along * side) - Math.abs(dy - lid), soft) * edge(1 - Math.abs(along), 0.15);
  if (lash > 0) lay(paint, [40, 30, 28], 1, lash * 0.85, 0);
}

function paintHair(paint: Paint, look: PortraitLook, { x, y, soft, grain }: Point): void {
  const outer = 1 - Math.hypot(x / 1.14, (y + 0.34) / 1.3);
  const line = -0.93 + 0.3 * x * x - 0.06 * Math.sin(x * 2.2 + 0.6) + 0.025 * grain;
  const hair = edge(outer, soft * 3 + 0.02) * edge(line - y, 0.045);
  if (hair <= 0) return;
  const shine = gauss(Math.hypot(x + 0.35, (y + 1.15) * 1.3) - 0.25, 0.16);
  lay(paint, look.hair, 0.86 + 0.3 * grain - 0.18 * x + 0.7 * shine, hair, 0);
}

/** Lays a colour over what is there, as light as told. */
function lay(paint: Paint, colour: Rgb, light: number, cover: number, skin: number): void {
  if (cover <= 0) return;
  const rest = 1 - cover;
  paint.r = paint.r * rest + Math.min(248, colour[0] * light) * cover;
  paint.g = paint.g * rest + Math.min(248, colour[1] * light) * cover;
  paint.b = paint.b * rest + Math.min(248, colour[2] * light) * cover;
  paint.cover = paint.cover * rest + cover;
  paint.skin = paint.skin * rest + skin * cover;
}

/** Half the head's width at a height: an egg above, a jaw below. */
function halfWidth(y: number): number {
  if (y <= CROWN || y >= CHIN) return 0;
  if (y < 0) return 0.985 * Math.sqrt(1 - (y / CROWN) ** 2);
  const down = y / CHIN;
  return 0.985 * Math.pow(1 - Math.pow(down, 2.9), 0.54) * (1 - 0.13 * down);
}

/** Where the jaw ends at a distance from the middle. */
function jaw(x: number): number {
  return CHIN * Math.pow(Math.max(0, 1 - Math.pow(Math.min(1, Math.abs(x)), 1.7)), 0.42);
}

function edge(inside: number, soft: number): number {
  return clamp(inside / soft + 0.5, 0, 1);
}

function smooth(share: number): number {
  const t = clamp(share, 0, 1);
  return t * t * (3 - 2 * t);
}

function gauss(away: number, reach: number): number {
  return Math.exp(-0.5 * (away / reach) ** 2);
}

function spot(dx: number, dy: number, wide: number, high: number): number {
  return Math.exp(-0.5 * ((dx / wide) ** 2 + (dy / high) ** 2));
}

function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}
