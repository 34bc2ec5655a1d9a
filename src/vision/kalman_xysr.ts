import type { Box } from "../core/results.ts";
import type { CameraShift } from "./camera_motion.ts";
import { AxisFilter, type BoxFilter, stepNoise } from "./kalman.ts";

const FIRST = { position: 10, velocity: 10_000 };

/** Follows centre, area and aspect (width over height, which stays), with noise in pixels, as SORT and OC-SORT do. */
export class KalmanXysr implements BoxFilter {
  readonly x: AxisFilter;
  readonly y: AxisFilter;
  readonly area: AxisFilter;
  readonly aspect: AxisFilter;

  constructor([x, y, width, height]: Readonly<Box>) {
    this.x = new AxisFilter(x + width / 2, FIRST);
    this.y = new AxisFilter(y + height / 2, FIRST);
    this.area = new AxisFilter(width * height, FIRST);
    this.aspect = new AxisFilter(width / height, { position: FIRST.position, velocity: 0 });
  }

  predict(elapsed: number): void {
    // Nothing shrinks to less than nothing.
    if (this.area.position + elapsed * this.area.velocity <= 0) this.area.velocity = 0;
    const moving = stepNoise(elapsed, 1, 0.01);
    this.x.predict(elapsed, moving);
    this.y.predict(elapsed, moving);
    this.area.predict(elapsed, stepNoise(elapsed, 1, 0.0001));
    this.aspect.predict(elapsed, stepNoise(elapsed, 1, 0));
  }

  update([x, y, width, height]: Readonly<Box>): void {
    this.x.update(x + width / 2, 1);
    this.y.update(y + height / 2, 1);
    this.area.update(width * height, 10);
    this.aspect.update(width / height, 10);
  }

  warp({ scale, x, y }: CameraShift): void {
    this.x.warp(scale, x);
    this.y.warp(scale, y);
    this.area.warp(scale * scale, 0);
  }

  box(): Box {
    const width = Math.sqrt(Math.max(0, this.area.position * this.aspect.position));
    const height = width > 0 ? this.area.position / width : 0;
    return [this.x.position - width / 2, this.y.position - height / 2, width, height];
  }

  copy(other: this): void {
    this.x.copy(other.x);
    this.y.copy(other.y);
    this.area.copy(other.area);
    this.aspect.copy(other.aspect);
  }
}
