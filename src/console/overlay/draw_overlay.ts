import type { Box, ClassScore, Detection, ResultEnvelope } from "../../core/results.ts";
import { overlayColour, overlayInk } from "./colours.ts";
import type { Trail } from "./trails.ts";

/** What of a result is drawn. */
export interface Layers {
  boxes: boolean;
  labels: boolean;
  trails: boolean;
  /** Classes of the whole picture, and texts of analyzers. */
  text: boolean;
}

/** Everything on. */
export const ALL_LAYERS: Layers = {
  boxes: true,
  labels: true,
  trails: true,
  text: true,
};

/** What is drawn besides the outputs, and how. */
export interface OverlayOptions {
  /** Canvas pixels to one source pixel. */
  scale: number;
  layers?: Layers;
  trails?: readonly Trail[];
  /** Of one screen pixel in the canvas: lines and letters keep their size on dense screens. Default 1. */
  density?: number;
}

/** A picture of so many CSS pixels has room for every name. */
const NAMED_WIDTH = 600;

type Outputs = ResultEnvelope["outputs"];

/** Draws what a result says over its picture. Coordinates are source pixels, lines and letters keep their size. */
export function drawOverlay(
  context: CanvasRenderingContext2D,
  outputs: Outputs,
  options: OverlayOptions,
): void {
  const { scale, layers = ALL_LAYERS, trails = [], density = 1 } = options;
  const detections = detectionsOf(outputs).toSorted((a, b) => a.score - b.score);
  const line = Math.max(1.5, Math.min(3, context.canvas.width / density / 360)) * density;
  const room: Rect = {
    x: 0,
    y: 0,
    width: context.canvas.width,
    height: context.canvas.height,
  };
  context.lineJoin = "round";
  if (layers.trails) {
    for (const trail of trails) drawTrail(context, trail, { scale, line });
  }
  if (layers.boxes) {
    for (const detection of detections) {
      drawBox(context, scaled(detection.box, scale), colourOf(detection), line);
    }
    for (const detection of detections) {
      drawKeypoints(context, detection, { scale, line });
    }
  }
  const taken: Rect[] = [];
  context.font = `600 ${12 * density}px system-ui, sans-serif`;
  context.textBaseline = "middle";
  if (layers.text) {
    classesOf(outputs).forEach(({ label, score, classId }, row) => {
      const at = { x: 8 * density, y: (8 + row * 20) * density };
      taken.push(
        drawPlate(
          context,
          `${label} ${percent(score)}`,
          overlayColour(classId),
          at,
          density,
        ),
      );
    });
  }
  // Many small things in a small picture: names would cover what they name.
  if (!layers.labels || room.width / density < 240) return;
  for (const detection of detections.toReversed()) {
    const plate = drawLabel(context, detection, {
      scale,
      density,
      room,
      taken,
    });
    if (plate) taken.push(plate);
  }
}

/** All detections in a result's outputs, of whichever step. */
export function detectionsOf(outputs: Outputs): Detection[] {
  return Object.values(outputs).flatMap(({ detections }) => Array.isArray(detections) ? detections as Detection[] : []);
}

function classesOf(outputs: Outputs): ClassScore[] {
  return Object.values(outputs).flatMap(({ classes }) => Array.isArray(classes) ? classes as ClassScore[] : [])
    .slice(0, 5);
}

interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

function scaled([x, y, width, height]: Box, scale: number): Rect {
  return {
    x: x * scale,
    y: y * scale,
    width: width * scale,
    height: height * scale,
  };
}

function colourOf({ track, classId }: Detection): string {
  return overlayColour(track ?? classId);
}

function drawBox(
  context: CanvasRenderingContext2D,
  { x, y, width, height }: Rect,
  colour: string,
  line: number,
): void {
  // A dark edge keeps the box readable on every ground.
  context.strokeStyle = "rgb(14 17 22 / 45%)";
  context.lineWidth = line * 2;
  context.strokeRect(x, y, width, height);
  context.strokeStyle = colour;
  context.lineWidth = line;
  context.strokeRect(x, y, width, height);
}

function drawKeypoints(
  context: CanvasRenderingContext2D,
  detection: Detection,
  { scale, line }: { scale: number; line: number },
): void {
  if (!detection.keypoints) return;
  context.fillStyle = colourOf(detection);
  for (const [x, y] of detection.keypoints) {
    context.beginPath();
    context.arc(x * scale, y * scale, line * 1.5, 0, 2 * Math.PI);
    context.fill();
  }
}

function drawTrail(
  context: CanvasRenderingContext2D,
  { track, points }: Trail,
  { scale, line }: { scale: number; line: number },
): void {
  context.strokeStyle = overlayColour(track);
  context.lineWidth = line;
  for (let index = 1; index < points.length; index++) {
    // What lies back fades.
    context.globalAlpha = 0.1 + 0.8 * (index / points.length) ** 1.5;
    context.beginPath();
    context.moveTo(points[index - 1][0] * scale, points[index - 1][1] * scale);
    context.lineTo(points[index][0] * scale, points[index][1] * scale);
    context.stroke();
  }
  context.globalAlpha = 1;
}

/** The ways to name a detection, from the fullest to the shortest. */
function namesOf({ label, score, track }: Detection): string[] {
  if (track === undefined) return [`${label} ${percent(score)}`, label];
  return [
    `${label} #${track} ${percent(score)}`,
    `${label} #${track}`,
    `#${track}`,
  ];
}

function drawLabel(
  context: CanvasRenderingContext2D,
  detection: Detection,
  { scale, density, room, taken }: {
    scale: number;
    density: number;
    room: Rect;
    taken: readonly Rect[];
  },
): Rect | undefined {
  const box = scaled(detection.box, scale);
  const names = namesOf(detection);
  const small = room.width / density < NAMED_WIDTH;
  const space = small ? box.width * 1.6 : Math.max(box.width * 1.6, 34 * density);
  const fitting = names.find((name) => plateWidth(context, name, density) <= space);
  // In a small picture names would hide what they name: there a box must be worth one.
  if (fitting === undefined && small) return undefined;
  const name = fitting ?? names[names.length - 1];
  const size = {
    width: plateWidth(context, name, density),
    height: 18 * density,
  };
  const x = Math.max(0, Math.min(box.x, room.width - size.width));
  const spots = [box.y - size.height, box.y + box.height, box.y].map((y) => ({
    x,
    y,
    ...size,
  }));
  const spot = spots.find((spot) =>
    spot.y >= 0 && spot.y + size.height <= room.height &&
    !taken.some((other) => overlap(spot, other))
  );
  // A name on top of another is read by nobody; the box says enough.
  return spot && drawPlate(context, name, colourOf(detection), spot, density);
}

function drawPlate(
  context: CanvasRenderingContext2D,
  text: string,
  colour: string,
  { x, y }: { x: number; y: number },
  density: number,
): Rect {
  const rect = {
    x,
    y,
    width: plateWidth(context, text, density),
    height: 18 * density,
  };
  context.fillStyle = colour;
  context.fillRect(rect.x, rect.y, rect.width, rect.height);
  context.fillStyle = overlayInk(colour);
  context.fillText(text, x + 5 * density, y + rect.height / 2 + density / 2);
  return rect;
}

function plateWidth(
  context: CanvasRenderingContext2D,
  text: string,
  density: number,
): number {
  return Math.ceil(context.measureText(text).width) + 10 * density;
}

function overlap(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height &&
    b.y < a.y + a.height;
}

function percent(score: number): string {
  return `${Math.round(score * 100)}%`;
}
