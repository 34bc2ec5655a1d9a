import type { Canvas } from "./canvas.ts";
import { mix, pack, type Rgb, scaled } from "./colour.ts";
import type { PitchLook } from "./pitch_look.ts";
import { BOARDS } from "./pitch_measures.ts";
import type { Projection } from "./projection.ts";
import { Random } from "./random.ts";

const WIDTH = 1024;
const HEIGHT = 256;
/** Texels a metre of the finest level. */
const DENSITY = 22;
const LEVELS = 3;

/** The stands: upright walls behind the lines, with boards at their foot and a crowd above. */
export class Stands {
  #levels: Uint32Array[];

  constructor(look: PitchLook, seed: number) {
    this.#levels = [crowdTexture(look, new Random(seed, 3))];
    for (let i = 1; i < LEVELS; i++) {
      this.#levels.push(halved(this.#levels[i - 1], WIDTH >> (i - 1), HEIGHT >> (i - 1)));
    }
  }

  /** Paints columns of a row that see the wall `wall`: all points whose x (or y) is `at`. */
  paintRow(
    canvas: Canvas,
    projection: Projection,
    wall: { axis: "x" | "y"; at: number },
    columns: { y: number; from: number; to: number },
  ): void {
    const { pose } = projection;
    const v = (columns.y + 0.5 - projection.centreY) / pose.focal;
    const u = (columns.from + 0.5 - projection.centreX) / pose.focal;
    const step = 1 / pose.focal;
    const alongX = wall.axis === "y";
    const rightAlong = alongX ? projection.rightX : projection.rightY;
    const rightAcross = alongX ? projection.rightY : projection.rightX;
    let along = (alongX ? projection.forwardX + v * projection.downX : projection.forwardY + v * projection.downY) +
      u * rightAlong;
    let across = (alongX ? projection.forwardY + v * projection.downY : projection.forwardX + v * projection.downX) +
      u * rightAcross;
    const up = projection.forwardZ + v * projection.downZ;
    const distance = wall.at - (alongX ? pose.y : pose.x);
    const eye = alongX ? pose.x : pose.y;
    const depth = Math.abs(distance / (across || 1e-9));
    const level = Math.max(0, Math.min(LEVELS - 1, Math.round(Math.log2((DENSITY * depth) / pose.focal))));
    const texture = this.#levels[level];
    const width = WIDTH >> level, height = HEIGHT >> level;
    const density = DENSITY / (1 << level);
    const alongStep = rightAlong * step, acrossStep = rightAcross * step;
    const pixels = canvas.pixels;
    const start = columns.y * canvas.width;
    const shift = 4096 * density;
    for (let at = start + columns.from, end = start + columns.to; at < end; at++) {
      const reach = distance / across;
      const column = ((eye + reach * along) * density + shift) & (width - 1);
      let line = ((pose.z + reach * up) * density) | 0;
      line = line < 0 ? 0 : line >= height ? height - 1 : line;
      pixels[at] = texture[line * width + column];
      along += alongStep;
      across += acrossStep;
    }
  }
}

function crowdTexture(look: PitchLook, random: Random): Uint32Array {
  const { stands } = look;
  const texture = new Uint32Array(WIDTH * HEIGHT);
  const dim = (rgb: Rgb) => scaled(rgb, stands.brightness);
  const seat = pack(dim(stands.seats)), gap = pack(dim(scaled(stands.seats, 0.45)));
  const boardRows = Math.round(BOARDS.height * DENSITY);
  for (let row = 0; row < HEIGHT; row++) {
    const aboveBoards = row - boardRows;
    const colour = aboveBoards < 8 ? pack(dim([46, 46, 50])) : (aboveBoards % 15) < 4 ? gap : seat;
    texture.fill(colour, row * WIDTH, (row + 1) * WIDTH);
  }
  const clothes: Rgb[] = [look.teams[0].shirt, look.teams[1].shirt, [200, 200, 196], [46, 48, 56], [84, 70, 60], [
    60,
    78,
    120,
  ], [150, 60, 52]];
  const disc = (cx: number, cy: number, rx: number, ry: number, colour: number) => {
    for (let y = Math.ceil(cy - ry); y <= cy + ry; y++) {
      if (y < 0 || y >= HEIGHT) continue;
      const half = rx * Math.sqrt(Math.max(0, 1 - ((y - cy) / ry) ** 2));
      for (let x = Math.ceil(cx - half); x <= cx + half; x++) texture[y * WIDTH + ((x + WIDTH) & (WIDTH - 1))] = colour;
    }
  };
  const section = random.range(90, 200);
  for (let row = boardRows + 12; row < HEIGHT + 10; row += 15) {
    for (let x = 0; x < WIDTH; x += 11) {
      if (x % section < 14 || !random.chance(stands.fill)) continue;
      const cx = x + random.range(-1.5, 1.5), cy = row + random.range(-1, 2);
      const cloth = mix(random.pick(clothes), [90, 90, 90], random.range(0, 0.4));
      disc(cx, cy, 4.6, 6.5, pack(dim(scaled(cloth, random.range(0.7, 1)))));
      disc(cx, cy + 8, 2.6, 3.4, pack(dim(mix([214, 170, 138], [96, 64, 46], random.next()))));
    }
  }
  boards(texture, look, random, boardRows);
  // The darkness under the roof, repeated upwards without end.
  texture.fill(pack(dim([34, 36, 42])), (HEIGHT - 8) * WIDTH);
  return texture;
}

function boards(texture: Uint32Array, look: PitchLook, random: Random, rows: number): void {
  const length = WIDTH / 8;
  for (let i = 0; i < 8; i++) {
    const ground = look.stands.boards[i % look.stands.boards.length];
    const bright = ground[0] + ground[1] + ground[2] > 380;
    const ink = pack(bright ? [30, 30, 40] : [236, 236, 236]);
    const paper = pack(ground);
    for (let row = 0; row < rows; row++) texture.fill(paper, row * WIDTH + i * length, row * WIDTH + (i + 1) * length);
    // Blocks of the size of letters: the boards look lettered, and say nothing.
    for (let x = random.range(8, 20); x < length - 14; x += random.range(9, 13)) {
      if (random.chance(0.12)) continue;
      const bars = 1 + random.int(3);
      for (let bar = 0; bar < bars; bar++) {
        const upright = random.chance(0.6);
        const x0 = Math.round(i * length + x + (upright ? random.int(6) : 0)), wide = upright ? 3 : 8;
        const y0 = upright ? 5 : 5 + random.int(3) * 4, tall = upright ? rows - 10 : 3;
        for (let y = y0; y < Math.min(rows - 3, y0 + tall); y++) {
          texture.fill(ink, y * WIDTH + x0, y * WIDTH + x0 + wide);
        }
      }
    }
  }
}

function halved(source: Uint32Array, width: number, height: number): Uint32Array {
  const half = new Uint32Array((width >> 1) * (height >> 1));
  for (let y = 0; y < height >> 1; y++) {
    for (let x = 0; x < width >> 1; x++) {
      const at = y * 2 * width + x * 2;
      const four = [source[at], source[at + 1], source[at + width], source[at + width + 1]];
      const mean = (shift: number) => four.reduce((sum, colour) => sum + ((colour >>> shift) & 255), 0) / 4;
      half[y * (width >> 1) + x] = pack([mean(0), mean(8), mean(16)]);
    }
  }
  return half;
}
