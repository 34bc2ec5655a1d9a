import { overlayInk } from "./colours.ts";

/** A place on a canvas. */
export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Writes a few words on a ground of a colour; answers the room that they take. */
export function drawPlate(
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

/** How wide words on a ground are. */
export function plateWidth(
  context: CanvasRenderingContext2D,
  text: string,
  density: number,
): number {
  return Math.ceil(context.measureText(text).width) + 10 * density;
}

/** Whether two places have anything in common. */
export function overlap(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height &&
    b.y < a.y + a.height;
}
