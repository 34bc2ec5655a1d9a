import type { Box, CropOutput, Detection, ModelOutput, ResultEnvelope } from "../core/results.ts";
import { Canvas, type Point } from "./canvas.ts";
import { cropWords } from "./crop_words.ts";
import { drawKeypoints, drawMask } from "./draw_shape.ts";
import { ASCENT_ROWS, Font } from "./font.ts";
import { type Colour, colourOf, DARK, inkOn } from "./palette.ts";
import { type Shapes, shapesIn } from "./shapes_in.ts";

/** Where something has been, oldest first. */
export interface Trail {
  track: number;
  points: readonly Point[];
}

/** An area that means something. */
export interface Zone {
  name?: string;
  points: readonly Point[];
  colour?: Colour;
}

/** What is drawn besides the outputs, and how. */
export interface DrawOptions {
  /** What gives a box its colour. Default `class`. */
  colourBy?: "class" | "track";
  /** Default true. */
  labels?: boolean;
  /** Default true. */
  scores?: boolean;
  trails?: Iterable<Trail>;
  zones?: Iterable<Zone>;
  /** A line in the lower left corner. */
  caption?: string;
}

/** Sizes that follow from the picture's size, so that a drawing looks the same on all of them. */
interface Measures {
  thickness: number;
  font: Font;
  pad: number;
}

interface Plate {
  x: number;
  y: number;
  width: number;
  height: number;
}

const CROSSING = colourOf(4);
const MOTION = colourOf(3);
const fonts = new Map<number, Font>();

function measuresFor(width: number, height: number): Measures {
  const wanted = Math.min(width / 640, height / 360);
  const scale = Math.min(12, Math.max(1, Math.round(wanted)));
  let font = fonts.get(scale);
  if (!font) fonts.set(scale, font = new Font(scale));
  return { thickness: Math.max(1, Math.round(wanted)), font, pad: 2 * scale };
}

/** Draws a result into its picture: zones and lines with their counts, masks, trails, boxes with labels, skeletons, classes. Packed RGB24, in place. */
export function drawResult(
  rgb: Uint8Array,
  size: { width: number; height: number },
  outputs: ResultEnvelope["outputs"],
  options: DrawOptions = {},
): void {
  const canvas = new Canvas(rgb, size.width, size.height);
  const measures = measuresFor(size.width, size.height);
  const models = Object.values(outputs).filter(isModelOutput);
  // The surest come last and so on top.
  const detections = models.flatMap((output) => output.detections ?? []).toSorted((a, b) => a.score - b.score);
  const plates: Plate[] = [];

  const { zones, lines, regions } = shapesIn(outputs);
  for (const zone of [...zones, ...options.zones ?? []]) {
    const plate = drawZone(canvas, zone, measures);
    if (plate) plates.push(plate);
  }
  for (const region of regions) canvas.strokeRect(rectOf(region), { ...measures, colour: MOTION, alpha: 0.7 });
  for (const line of lines) plates.push(drawCrossing(canvas, line, measures));
  for (const detection of detections) drawMask(canvas, detection, colourFor(detection, options));
  const byTrack = new Map(detections.map((detection) => [detection.track, colourFor(detection, options)]));
  for (const trail of options.trails ?? []) {
    drawTrail(canvas, trail, byTrack.get(trail.track) ?? colourOf(trail.track), measures);
  }
  for (const detection of detections) drawBox(canvas, detection, colourFor(detection, options), measures);
  for (const output of models) {
    if (output.classes) plates.push(...drawClasses(canvas, output, measures));
    if (options.labels !== false) {
      plates.push(...output.crops?.flatMap((crop) => drawCrop(canvas, crop, measures)) ?? []);
    }
  }
  if (options.caption) plates.push(drawCaption(canvas, options.caption, measures));
  if (options.labels === false) return;
  for (const detection of detections.toReversed()) {
    const plate = drawLabel(canvas, detection, colourFor(detection, options), { measures, options, taken: plates });
    if (plate) plates.push(plate);
  }
}

function isModelOutput(output: ResultEnvelope["outputs"][string]): output is ModelOutput {
  return "model" in output && ("detections" in output || "classes" in output || "crops" in output);
}

function colourFor({ classId, track }: Detection, { colourBy }: DrawOptions): Colour {
  return colourOf(colourBy === "track" && track !== undefined ? track : classId);
}

function rectOf([x, y, width, height]: Box) {
  return { x, y, width, height };
}

function drawBox(canvas: Canvas, detection: Detection, colour: Colour, { thickness }: Measures): void {
  const { box } = detection;
  const [x, y, width, height] = box;
  // A dark edge on both sides keeps the box readable on every ground.
  const edge = Math.max(1, Math.round(thickness / 2));
  const around = { x: x - edge, y: y - edge, width: width + 2 * edge, height: height + 2 * edge };
  canvas.strokeRect(around, { colour: DARK, thickness: thickness + 2 * edge, alpha: 0.4 });
  canvas.strokeRect(rectOf(box), { colour, thickness });
  drawKeypoints(canvas, detection, colour, thickness);
}

/** The ways to name a detection, from the fullest to the shortest. */
function namesOf({ label, score, track }: Detection, { scores = true }: DrawOptions): string[] {
  const percent = scores ? ` ${Math.round(score * 100)}%` : "";
  if (track === undefined) return [`${label}${percent}`, label];
  return [`${label} #${track}${percent}`, `${label} #${track}`, `#${track}`];
}

function drawLabel(
  canvas: Canvas,
  detection: Detection,
  colour: Colour,
  { measures, options, taken }: { measures: Measures; options: DrawOptions; taken: Plate[] },
): Plate | undefined {
  const { font, pad, thickness } = measures;
  const [x, y, width, height] = detection.box;
  if (x >= canvas.width || y >= canvas.height || x + width <= 0 || y + height <= 0) return;
  const names = namesOf(detection, options);
  // A small box among many gets a short name: plates must not cover what they describe.
  const room = Math.max(width * 1.5, font.scale * 24);
  const name = names.find((name) => font.measure(name) + 2 * pad <= room) ?? names[names.length - 1];
  const plate = { x: 0, y: 0, width: font.measure(name) + 2 * pad, height: font.height + pad };
  const free = (top: number) => {
    const left = Math.round(Math.min(Math.max(0, x), Math.max(0, canvas.width - plate.width)));
    const candidate = { ...plate, x: left, y: Math.round(top) };
    const inside = candidate.y >= 0 && candidate.y + plate.height <= canvas.height;
    return inside && !taken.some((other) => overlap(candidate, other)) ? candidate : undefined;
  };
  const above = y - plate.height;
  const spot = free(above) ?? free(y + height) ?? free(y + thickness) ?? free(y + height - thickness - plate.height) ??
    { ...plate, x: Math.round(Math.max(0, x)), y: Math.round(Math.max(0, above)) };
  drawPlate(canvas, spot, name, colour, measures);
  return spot;
}

function overlap(a: Plate, b: Plate): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function drawPlate(canvas: Canvas, plate: Plate, text: string, colour: Colour, { font, pad }: Measures): void {
  canvas.fillRect(plate, colour, { cut: font.scale > 1 ? Math.ceil(font.scale / 2) : 0 });
  // Descenders are rare: the line looks centred when they are left out of the reckoning.
  const top = plate.y + Math.round((plate.height - ASCENT_ROWS * font.scale) / 2);
  canvas.text([plate.x + pad, top], text, { font, colour: inkOn(colour) });
}

function drawClasses(canvas: Canvas, { classes = [] }: ModelOutput, measures: Measures): Plate[] {
  const { font, pad } = measures;
  return classes.slice(0, 5).map(({ label, score, classId }, row) => {
    const text = `${label} ${Math.round(score * 100)}%`;
    const height = font.height + pad;
    const plate = {
      x: 2 * pad,
      y: 2 * pad + row * (height + font.scale),
      width: font.measure(text) + 2 * pad,
      height,
    };
    drawPlate(canvas, plate, text, colourOf(classId), measures);
    return plate;
  });
}

/** Writes on a crop what was said of it, from its lower edge up. */
function drawCrop(canvas: Canvas, crop: CropOutput, measures: Measures): Plate[] {
  const { font, pad } = measures;
  const [x, y, , height] = crop.box;
  const words = cropWords(crop);
  const rowHeight = font.height + pad;
  return words.map((text, row) => {
    const width = font.measure(text) + 2 * pad;
    const left = Math.round(Math.min(Math.max(0, x), Math.max(0, canvas.width - width)));
    const bottom = Math.min(canvas.height, y + height);
    const plate = { x: left, y: Math.round(bottom - (words.length - row) * rowHeight), width, height: rowHeight };
    drawPlate(canvas, plate, text, DARK, measures);
    return plate;
  });
}

function drawCaption(canvas: Canvas, text: string, measures: Measures): Plate {
  const { font, pad } = measures;
  const height = font.height + pad;
  const plate = { x: 2 * pad, y: canvas.height - height - 2 * pad, width: font.measure(text) + 2 * pad, height };
  drawPlate(canvas, plate, text, DARK, measures);
  return plate;
}

function drawTrail(canvas: Canvas, { points }: Trail, colour: Colour, { thickness }: Measures): void {
  for (let index = 1; index < points.length; index++) {
    // What lies back fades.
    const age = index / (points.length - 1);
    const alpha = 0.15 + 0.75 * age * Math.sqrt(age);
    canvas.strokeLine([points[index - 1], points[index]], { colour, thickness: thickness * 1.5, alpha });
  }
}

function drawZone(canvas: Canvas, { name, points, colour = colourOf(5) }: Zone, measures: Measures): Plate | undefined {
  if (points.length < 2) return;
  const { font, pad, thickness } = measures;
  canvas.fillPolygon(points, colour, { alpha: 0.22 });
  canvas.strokeLine([...points, points[0]], { colour, thickness: thickness * 1.5, alpha: 0.9 });
  if (!name) return;
  const [x, y] = points.reduce((highest, point) => point[1] < highest[1] ? point : highest);
  const plate = { x, y, width: font.measure(name) + 2 * pad, height: font.height + pad };
  plate.x = Math.round(Math.min(Math.max(0, x), Math.max(0, canvas.width - plate.width)));
  plate.y = Math.round(Math.min(Math.max(0, y), Math.max(0, canvas.height - plate.height)));
  drawPlate(canvas, plate, name, colour, measures);
  return plate;
}

/** A line with a notch in its middle towards its left hand, where the first direction leads. */
function drawCrossing(canvas: Canvas, { name, from, to }: Shapes["lines"][number], measures: Measures): Plate {
  const { font, pad, thickness } = measures;
  const [alongX, alongY] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.max(1, Math.hypot(alongX, alongY));
  const [x, y] = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
  const reach = 6 * thickness;
  const notch: Point[] = [
    [x - (alongX / length) * reach, y - (alongY / length) * reach],
    [x + (alongY / length) * reach, y - (alongX / length) * reach],
    [x + (alongX / length) * reach, y + (alongY / length) * reach],
  ];
  canvas.strokeLine([from, to], { colour: DARK, thickness: thickness * 3, alpha: 0.4 });
  canvas.strokeLine([from, to], { colour: CROSSING, thickness: thickness * 1.5 });
  canvas.fillPolygon(notch, CROSSING);
  const plate = { x: 0, y: 0, width: font.measure(name) + 2 * pad, height: font.height + pad };
  plate.x = Math.round(Math.min(Math.max(0, x + reach), Math.max(0, canvas.width - plate.width)));
  plate.y = Math.round(Math.min(Math.max(0, y + reach), Math.max(0, canvas.height - plate.height)));
  drawPlate(canvas, plate, name, CROSSING, measures);
  return plate;
}
