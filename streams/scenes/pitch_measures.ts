/** The pitch in metres: x along its length, y across it, growing towards the main camera; z upwards. */
export const PITCH_LENGTH = 105;
export const PITCH_WIDTH = 68;
export const MIDDLE_Y = PITCH_WIDTH / 2;
export const GOAL = { halfWidth: 3.66, height: 2.44, depth: 2, post: 0.06 };
export const BALL_RADIUS = 0.11;
/** How far the boards and stands stand from the lines. */
export const BOARDS = { behindTouch: 5, behindGoal: 7, height: 0.95 };

/** A painted line from one point to another. */
export type Segment = readonly [x0: number, y0: number, x1: number, y1: number];

const LINE = 0.12;

/** All markings as straight segments; curves are cut fine. */
export function pitchMarkings(): Segment[] {
  const lines: Segment[] = [];
  const box = (x0: number, y0: number, x1: number, y1: number) =>
    lines.push([x0, y0, x1, y0], [x1, y0, x1, y1], [x1, y1, x0, y1], [x0, y1, x0, y0]);
  const arc = (x: number, y: number, radius: number, from: number, to: number) => {
    const pieces = Math.max(4, Math.ceil((Math.abs(to - from) * radius) / 0.8));
    for (let i = 0; i < pieces; i++) {
      const a = from + ((to - from) * i) / pieces, b = from + ((to - from) * (i + 1)) / pieces;
      lines.push([
        x + radius * Math.cos(a),
        y + radius * Math.sin(a),
        x + radius * Math.cos(b),
        y + radius * Math.sin(b),
      ]);
    }
  };
  const spot = (x: number): Segment => [x - 0.05, MIDDLE_Y, x + 0.05, MIDDLE_Y];
  box(0, 0, PITCH_LENGTH, PITCH_WIDTH);
  lines.push([52.5, 0, 52.5, PITCH_WIDTH]);
  arc(52.5, MIDDLE_Y, 9.15, 0, Math.PI * 2);
  lines.push(spot(52.5));
  for (const end of [0, 1]) {
    const at = (x: number) => end ? PITCH_LENGTH - x : x;
    const facing = end ? Math.PI : 0;
    const turn = Math.acos(5.5 / 9.15);
    for (const [depth, half] of [[16.5, 20.16], [5.5, 9.16]]) {
      lines.push([at(0), MIDDLE_Y - half, at(depth), MIDDLE_Y - half]);
      lines.push([at(depth), MIDDLE_Y - half, at(depth), MIDDLE_Y + half]);
      lines.push([at(depth), MIDDLE_Y + half, at(0), MIDDLE_Y + half]);
    }
    lines.push(spot(at(11)));
    arc(at(11), MIDDLE_Y, 9.15, facing - turn, facing + turn);
    const quarter = Math.PI / 2;
    arc(at(0), 0, 1, end ? quarter : 0, end ? Math.PI : quarter);
    arc(at(0), PITCH_WIDTH, 1, end ? Math.PI : -quarter, end ? 3 * quarter : 0);
  }
  return lines;
}

/** Width of the painted lines. */
export const LINE_WIDTH = LINE;
