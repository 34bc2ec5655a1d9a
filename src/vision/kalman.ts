import type { Box } from "../core/results.ts";
import type { CameraShift } from "./camera_motion.ts";

/** Covariance of a position and its velocity. */
export interface AxisCovariance {
  position: number;
  cross: number;
  velocity: number;
}

/**
 * A Kalman filter over one position and its velocity. Box filters whose noise is diagonal fall apart into such axes
 * exactly, and so need no matrices.
 */
export class AxisFilter {
  position: number;
  velocity = 0;
  readonly covariance: AxisCovariance;

  constructor(position: number, { position: positionVariance, velocity }: Omit<AxisCovariance, "cross">) {
    this.position = position;
    this.covariance = { position: positionVariance, cross: 0, velocity };
  }

  /** Lets time pass, with what becomes uncertain meanwhile. */
  predict(elapsed: number, noise: AxisCovariance): void {
    const { covariance } = this;
    this.position += elapsed * this.velocity;
    covariance.position += elapsed * (2 * covariance.cross + elapsed * covariance.velocity) + noise.position;
    covariance.cross += elapsed * covariance.velocity + noise.cross;
    covariance.velocity += noise.velocity;
  }

  /** Folds a measured position in. */
  update(measured: number, variance: number): void {
    const { covariance } = this;
    const { position, cross } = covariance;
    const scale = 1 / (position + variance);
    const innovation = measured - this.position;
    this.position += position * scale * innovation;
    this.velocity += cross * scale * innovation;
    covariance.position -= position * position * scale;
    covariance.cross -= position * cross * scale;
    covariance.velocity -= cross * cross * scale;
  }

  /** Sees the world at another scale, from another place. */
  warp(scale: number, offset: number): void {
    const { covariance } = this;
    this.position = scale * this.position + offset;
    this.velocity *= scale;
    covariance.position *= scale * scale;
    covariance.cross *= scale * scale;
    covariance.velocity *= scale * scale;
  }

  /** Becomes what `other` is. */
  copy(other: AxisFilter): void {
    this.position = other.position;
    this.velocity = other.velocity;
    Object.assign(this.covariance, other.covariance);
  }
}

/**
 * The noise that `elapsed` steps of time bring when each step brings `position` and `velocity`: for whole numbers, what
 * as many predictions of one step add up to.
 */
export function stepNoise(elapsed: number, position: number, velocity: number): AxisCovariance {
  return {
    position: elapsed * position + (elapsed * (elapsed - 1) * (2 * elapsed - 1) * velocity) / 6,
    cross: (elapsed * (elapsed - 1) * velocity) / 2,
    velocity: elapsed * velocity,
  };
}

/** A filter that follows a box. Time is counted in frame intervals. */
export interface BoxFilter {
  /** Lets `elapsed` intervals pass; `lost` when the box was not seen in the last of them. */
  predict(elapsed: number, lost: boolean): void;
  /** Folds a sighting in. */
  update(box: Readonly<Box>): void;
  /** Goes along with a camera that has moved. */
  warp(shift: CameraShift): void;
  /** Where the box is held to be. */
  box(): Box;
  /** Becomes what `other`, a filter of the same kind, is. */
  copy(other: this): void;
}
