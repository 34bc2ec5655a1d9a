import type { Box } from "../core/results.ts";
import type { CameraShift } from "./camera_motion.ts";
import { AxisFilter, type BoxFilter, stepNoise } from "./kalman.ts";

/** Of the box's height, a step. */
const POSITION = 1 / 20;
const VELOCITY = 1 / 160;
const ASPECT = 1e-2;
const ASPECT_VELOCITY = 1e-5;
const ASPECT_MEASURED = 1e-1;

const square = (value: number) => value * value;

/** Follows centre, aspect (width over height) and height, with noise in proportion to the height, as ByteTrack does. */
export class KalmanXyah implements BoxFilter {
  readonly x: AxisFilter;
  readonly y: AxisFilter;
  readonly aspect: AxisFilter;
  readonly height: AxisFilter;

  constructor([x, y, width, height]: Readonly<Box>) {
    const sized = { position: square(2 * POSITION * height), velocity: square(10 * VELOCITY * height) };
    this.x = new AxisFilter(x + width / 2, sized);
    this.y = new AxisFilter(y + height / 2, sized);
    this.aspect = new AxisFilter(width / height, { position: square(ASPECT), velocity: square(ASPECT_VELOCITY) });
    this.height = new AxisFilter(height, sized);
  }

  predict(elapsed: number, lost: boolean): void {
    const { position: height } = this.height;
    // What is out of sight does not go on growing.
    if (lost) this.height.velocity = 0;
    const sized = stepNoise(elapsed, square(POSITION * height), square(VELOCITY * height));
    this.x.predict(elapsed, sized);
    this.y.predict(elapsed, sized);
    this.aspect.predict(elapsed, stepNoise(elapsed, square(ASPECT), square(ASPECT_VELOCITY)));
    this.height.predict(elapsed, sized);
  }

  update([x, y, width, height]: Readonly<Box>): void {
    const sized = square(POSITION * this.height.position);
    this.x.update(x + width / 2, sized);
    this.y.update(y + height / 2, sized);
    this.aspect.update(width / height, square(ASPECT_MEASURED));
    this.height.update(height, sized);
  }

  warp({ scale, x, y }: CameraShift): void {
    this.x.warp(scale, x);
    this.y.warp(scale, y);
    this.height.warp(scale, 0);
  }

  box(): Box {
    const height = Math.max(0, this.height.position);
    const width = Math.max(0, this.aspect.position * height);
    return [this.x.position - width / 2, this.y.position - height / 2, width, height];
  }

  copy(other: this): void {
    this.x.copy(other.x);
    this.y.copy(other.y);
    this.aspect.copy(other.aspect);
    this.height.copy(other.height);
  }
}
