import type { Box, ClassScore, Detection, ResultEnvelope } from "../../core/results.ts";
import { overlayColour } from "./colours.ts";
import { drawAreaNames, drawAreas } from "./draw_areas.ts";
import { drawKeypoints, drawMask } from "./draw_figures.ts";
import { drawHeat, type HeatMap } from "./draw_heat.ts";
import { drawPulseNames, drawPulses, type PulsePlace } from "./draw_pulse.ts";
import { drawPlate, overlap, plateWidth, type Rect } from "./plates.ts";
import type { Trail } from "./trails.ts";

/** What of a result is drawn. */
export interface Layers {
  boxes: boolean;
  labels: boolean;
  trails: boolean;
  /** Zones, lines and what moves, with what is counted there. */
  areas: boolean;
  /** Outlines of things, filled. */
  masks: boolean;
  /** Where things have been. */
  heat: boolean;
  /** Classes of the whole picture, and texts of analyzers. */
  text: boolean;
}

/** Everything on but what would cover the picture. */
export const ALL_LAYERS: Layers = {
  boxes: true,
  labels: true,
  trails: true,
  areas: true,
  masks: true,
  heat: false,
  text: true,
};

/** What is drawn besides the outputs, and how. */
export interface OverlayOptions {
  /** Canvas pixels to one source pixel. */
  scale: number;
  layers?: Layers;
  trails?: readonly Trail[];
  /** The latest map of where things have been. */
  heat?: HeatMap | undefined;
  /** Where pulses were read the last time. */
  pulses?: readonly PulsePlace[] | undefined;
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
  const { scale, layers = ALL_LAYERS, trails = [], heat, pulses = [], density = 1 } = options;
  const detections = detectionsOf(outputs).toSorted((a, b) => a.score - b.score);
  const line = Math.max(1.5, Math.min(3, context.canvas.width / density / 360)) * density;
  const room: Rect = {
    x: 0,
    y: 0,
    width: context.canvas.width,
    height: context.canvas.height,
  };
  const taken: Rect[] = [];
  context.lineJoin = "round";
  context.font = `600 ${12 * density}px system-ui, sans-serif`;
  context.textBaseline = "middle";
  if (layers.heat && heat) drawHeat(context, heat);
  if (layers.areas) drawAreas(context, outputs, { scale, line });
  if (layers.masks) {
    for (const detection of detections) drawMask(context, detection, { colour: colourOf(detection), scale });
  }
  if (layers.masks) drawPulses(context, pulses, { scale, line });
  if (layers.trails) {
    for (const trail of trails) drawTrail(context, trail, { scale, line });
  }
  if (layers.boxes) {
    for (const detection of detections) {
      drawBox(context, scaled(detection.box, scale), colourOf(detection), line);
    }
    for (const detection of detections) {
      drawKeypoints(context, detection, { colour: colourOf(detection), scale, line });
    }
  }
  if (layers.areas) taken.push(...drawAreaNames(context, outputs, { scale, density }));
  if (layers.labels) taken.push(...drawPulseNames(context, pulses, { scale, density }));
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

function percent(score: number): string {
  return `${Math.round(score * 100)}%`;
}
