import type { Rect } from "./fit.ts";

/** Cells a row of the code. */
const COLUMNS = 12;
const ROWS = 4;
/** Cells of known colour, by which light and dark are told apart: the first and last of the first and last row. */
const ANCHORS: ReadonlyMap<number, number> = new Map([[0, 1], [COLUMNS - 1, 0], [36, 0], [47, 1]]);
/** Cells that carry bits: 32 of the number, then 12 that check it. */
const CARRIERS = Array.from({ length: COLUMNS * ROWS }, (_, cell) => cell).filter((cell) => !ANCHORS.has(cell));
/** Least difference of light and dark, 0–255, below which there is no code. */
const LEAST_CONTRAST = 48;
/** Shares of the picture's size. */
const LEFT = 1 / 16, WIDTH = 7 / 8, TOP = 1 / 48, HEIGHT = 5 / 24, MARGIN = 1 / 64;

/** The part of a picture that holds the code: enough for {@link readCounter}, from the top left corner. */
export function counterRegion(width: number, height: number): Rect {
  return { x: 0, y: 0, width, height: Math.min(height, Math.ceil(height * (TOP + HEIGHT + MARGIN))) };
}

/** Paints the number (0 to 2³² − 1) across the top of a packed rgb24 picture, in large light and dark cells. */
export function writeCounter(rgb: Uint8Array, width: number, height: number, n: number): void {
  const paint = (left: number, top: number, right: number, bottom: number, level: number) => {
    const from = Math.max(0, Math.round(left)), to = Math.min(width, Math.round(right));
    for (let y = Math.max(0, Math.round(top)); y < Math.min(height, Math.round(bottom)); y++) {
      rgb.fill(level, (y * width + from) * 3, (y * width + to) * 3);
    }
  };
  const left = LEFT * width, top = TOP * height;
  const margin = MARGIN * height;
  paint(left - margin, top - margin, left + WIDTH * width + margin, top + HEIGHT * height + margin, 128);
  const bits = cellsOf(n);
  for (let cell = 0; cell < bits.length; cell++) {
    const { x, y, cellWidth, cellHeight } = cellAt(cell, width, height);
    paint(x, y, x + cellWidth, y + cellHeight, bits[cell] ? 235 : 20);
  }
}

/**
 * Reads the number out of a gray picture of the given size; undefined when there is none, or it does not check. Rows
 * below {@link counterRegion} may be missing.
 */
export function readCounter(gray: Uint8Array, width: number, height: number): number | undefined {
  const levels = Array.from({ length: COLUMNS * ROWS }, (_, cell) => levelOf(gray, width, height, cell));
  const anchors = [...ANCHORS];
  const mean = (bit: number) => {
    const cells = anchors.filter(([, value]) => value === bit);
    return cells.reduce((sum, [cell]) => sum + levels[cell], 0) / cells.length;
  };
  const light = mean(1), dark = mean(0);
  if (!(light - dark >= LEAST_CONTRAST)) return undefined;
  const threshold = (light + dark) / 2;
  if (anchors.some(([cell, bit]) => (levels[cell] > threshold ? 1 : 0) !== bit)) return undefined;
  let n = 0;
  for (let i = 0; i < 32; i++) if (levels[CARRIERS[i]] > threshold) n += 2 ** i;
  let check = 0;
  for (let i = 0; i < 12; i++) if (levels[CARRIERS[32 + i]] > threshold) check |= 1 << i;
  return check === checkOf(n) ? n : undefined;
}

function cellsOf(n: number): number[] {
  const cells = new Array<number>(COLUMNS * ROWS).fill(0);
  for (const [cell, bit] of ANCHORS) cells[cell] = bit;
  for (let i = 0; i < 32; i++) cells[CARRIERS[i]] = Math.floor(n / 2 ** i) & 1;
  const check = checkOf(n);
  for (let i = 0; i < 12; i++) cells[CARRIERS[32 + i]] = (check >> i) & 1;
  return cells;
}

function cellAt(cell: number, width: number, height: number) {
  const cellWidth = (WIDTH * width) / COLUMNS, cellHeight = (HEIGHT * height) / ROWS;
  return {
    x: LEFT * width + (cell % COLUMNS) * cellWidth,
    y: TOP * height + Math.floor(cell / COLUMNS) * cellHeight,
    cellWidth,
    cellHeight,
  };
}

/** The mean of a cell's inner half, away from what its neighbours smear into it. */
function levelOf(gray: Uint8Array, width: number, height: number, cell: number): number {
  const { x, y, cellWidth, cellHeight } = cellAt(cell, width, height);
  const fromX = Math.round(x + cellWidth / 4), toX = Math.max(fromX + 1, Math.round(x + (cellWidth * 3) / 4));
  const fromY = Math.round(y + cellHeight / 4), toY = Math.max(fromY + 1, Math.round(y + (cellHeight * 3) / 4));
  let sum = 0;
  for (let row = fromY; row < toY; row++) {
    for (let column = fromX; column < toX; column++) sum += gray[row * width + column];
  }
  return sum / ((toX - fromX) * (toY - fromY));
}

/** CRC-12 of the number's four bytes; never what an all-dark or all-light code would show. */
function checkOf(n: number): number {
  let crc = 0xabc;
  for (let byte = 0; byte < 4; byte++) {
    crc ^= (Math.floor(n / 2 ** (8 * byte)) & 0xff) << 4;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x800 ? ((crc << 1) ^ 0x80f) & 0xfff : (crc << 1) & 0xfff;
  }
  return crc;
}
