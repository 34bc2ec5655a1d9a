import type { Canvas } from "./canvas.ts";
import { mix, pack, packDelta, type Rgb, scaled } from "./colour.ts";
import { noiseGrid, smoothNoise } from "./noise.ts";
import type { PitchLook } from "./pitch_look.ts";
import { BOARDS, PITCH_LENGTH, PITCH_WIDTH } from "./pitch_measures.ts";
import type { Projection } from "./projection.ts";
import { Random } from "./random.ts";

const TEXEL = 0.04;
const TILE_BITS = 9;
const TILE = 1 << TILE_BITS;
const MAP_BITS = 10;
const MAP = 1 << MAP_BITS;
/** One texel of the map covers four of the tile. */
const MAP_SHIFT = 2;
const MAP_TEXEL = TEXEL * (1 << MAP_SHIFT);
/** Metres from the map's corner to the pitch's. */
const MARGIN_X = 29;
const MARGIN_Y = 20;

/** The grass: a map of the whole ground (stripes, wear, surround) plus a small tile of blades repeated over it. */
export class Ground {
  #map: Uint32Array;
  #tile: Int32Array;

  constructor(look: PitchLook, seed: number) {
    const random = new Random(seed, 2);
    this.#map = groundMap(look, random);
    this.#tile = bladeTile(look.grass.noise, random);
  }

  /** Paints columns `from` to `to` (exclusive) of a row, all of which see the ground. */
  paintRow(canvas: Canvas, row: GroundRow, columns: { y: number; from: number; to: number }): void {
    const unit = 65536 / TEXEL;
    let x = ((row.x + columns.from * row.stepX + MARGIN_X) * unit) | 0;
    let y = ((row.y + columns.from * row.stepY + MARGIN_Y) * unit) | 0;
    const stepX = Math.round(row.stepX * unit) | 0, stepY = Math.round(row.stepY * unit) | 0;
    const map = this.#map, tile = this.#tile, pixels = canvas.pixels;
    const start = columns.y * canvas.width;
    for (let at = start + columns.from, end = start + columns.to; at < end; at++) {
      const onMap = ((y >> (16 + MAP_SHIFT)) << MAP_BITS) + (x >> (16 + MAP_SHIFT));
      const onTile = (((y >> 16) & (TILE - 1)) << TILE_BITS) | ((x >> 16) & (TILE - 1));
      pixels[at] = map[onMap & (MAP * MAP - 1)] + tile[onTile];
      x += stepX;
      y += stepY;
    }
  }
}

/** Where a picture row meets the ground: the point of column 0, and the way from one column to the next. */
export interface GroundRow {
  x: number;
  y: number;
  stepX: number;
  stepY: number;
}

/** Finds where the middle of picture row `y` meets the ground; undefined above the horizon. */
export function groundRow(projection: Projection, y: number): GroundRow | undefined {
  const { pose } = projection;
  const v = (y + 0.5 - projection.centreY) / pose.focal;
  const down = -(projection.forwardZ + v * projection.downZ);
  if (down < 1e-4) return undefined;
  const reach = pose.z / down;
  const u = (0.5 - projection.centreX) / pose.focal;
  const step = reach / pose.focal;
  return {
    x: pose.x + reach * (projection.forwardX + v * projection.downX + u * projection.rightX),
    y: pose.y + reach * (projection.forwardY + v * projection.downY + u * projection.rightY),
    stepX: step * projection.rightX,
    stepY: step * projection.rightY,
  };
}

function groundMap(look: PitchLook, random: Random): Uint32Array {
  const { grass } = look;
  const coarse = noiseGrid(64, random);
  const map = new Uint32Array(MAP * MAP);
  const offset = random.range(0, grass.stripe);
  const earth: Rgb = mix(grass.dark, [120, 104, 66], 0.7);
  const inLight = pack(grass.light), inDark = pack(grass.dark);
  const palette = (rgb: Rgb) => Array.from({ length: 33 }, (_, i) => pack(scaled(rgb, 0.9 + i * 0.00625)));
  const shades = { light: palette(grass.light), dark: palette(grass.dark), surround: palette(grass.surround) };
  const slopeX = random.range(-0.5, 0.5), slopeY = random.range(-0.5, 0.5);
  for (let j = 0; j < MAP; j++) {
    const y = (j + 0.5) * MAP_TEXEL - MARGIN_Y;
    const row = Math.floor((y + 100 + offset) / grass.stripe) & 1;
    const insideY = y > -3 && y < PITCH_WIDTH + 3;
    const tilt = 16 + slopeY * ((y - 34) / 5);
    for (let i = 0; i < MAP; i++) {
      const x = (i + 0.5) * MAP_TEXEL - MARGIN_X;
      const noise = smoothNoise(coarse, 64, x * 0.22, y * 0.22) * 9 + smoothNoise(coarse, 64, x * 1.1 + 7, y * 1.1) * 6;
      const level = Math.max(0, Math.min(32, (tilt + slopeX * ((x - 52) / 5) + noise) | 0));
      if (!insideY || x < -3 || x > PITCH_LENGTH + 3) {
        map[j * MAP + i] = shades.surround[level];
        continue;
      }
      const band = Math.floor((x + 100 + offset) / grass.stripe) & 1;
      const bright = grass.pattern === "bands"
        ? band
        : grass.pattern === "rows"
        ? row
        : grass.pattern === "checks"
        ? band ^ row
        : 0;
      let colour = bright ? shades.light[level] : shades.dark[level];
      const worn = grass.wear > 0.05 ? wearAt(x, y) * grass.wear * (0.6 + noise * 0.05) : 0;
      if (worn > 0.02) {
        colour = pack(mix(scaled(bright ? grass.light : grass.dark, 0.9 + level * 0.00625), earth, worn));
      }
      map[j * MAP + i] = colour;
    }
  }
  // A map that ends in plain colours keeps rows that leave it from showing its far side.
  map[0] = inLight;
  map[MAP * MAP - 1] = inDark;
  return map;
}

function wearAt(x: number, y: number): number {
  const spot = (dx: number, dy: number, size: number) => Math.exp(-(dx * dx + dy * dy) / (size * size));
  const mouth = Math.min(x, PITCH_LENGTH - x);
  return Math.min(
    1,
    spot(mouth - 2.5, (y - 34) * 0.6, 3.2) + 0.6 * spot(mouth - 11, y - 34, 1.4) + 0.6 * spot(x - 52.5, y - 34, 2.4),
  );
}

function bladeTile(strength: number, random: Random): Int32Array {
  const fine = noiseGrid(TILE, random);
  const tile = new Int32Array(TILE * TILE);
  for (let j = 0; j < TILE; j++) {
    for (let i = 0; i < TILE; i++) {
      // Longer along y than along x: the view is foreshortened, and what is finer than a pixel only flickers.
      let sum = 0;
      for (let k = 0; k < 3; k++) sum += fine[(((j + k) & (TILE - 1)) << TILE_BITS) | i];
      const patch = smoothNoise(fine, TILE, i / 8, j / 8, 64) + smoothNoise(fine, TILE, i / 32, j / 32, 16);
      const level = Math.max(-8, Math.min(8, (sum * 0.45 + patch * 0.55) * strength * 0.8));
      tile[(j << TILE_BITS) | i] = packDelta(level * 0.9, level, level * 0.6);
    }
  }
  return tile;
}

/** The rectangle of ground within the boards, beyond which the stands begin. */
export const GROUND_EDGE = {
  left: -BOARDS.behindGoal,
  right: PITCH_LENGTH + BOARDS.behindGoal,
  far: -BOARDS.behindTouch,
};
