/** A pinhole camera above the pitch, without roll. Pan 0 looks across the pitch (towards −y), tilt is downwards. */
export interface CameraPose {
  x: number;
  y: number;
  z: number;
  pan: number;
  tilt: number;
  /** Focal length in pixels. */
  focal: number;
}

/** Maps metres of the pitch to pixels. Without roll, every picture row lies at one depth on the ground. */
export class Projection {
  readonly centreX: number;
  readonly centreY: number;
  /** Unit vectors of the picture's right, of the line of sight, and of the picture's downwards. */
  rightX = 1;
  rightY = 0;
  forwardX = 0;
  forwardY = -1;
  forwardZ = 0;
  downX = 0;
  downY = 0;
  downZ = -1;
  pose: CameraPose = { x: 0, y: 0, z: 1, pan: 0, tilt: 0, focal: 1 };
  /** Results of the last `project`. */
  u = 0;
  v = 0;
  /** Pixels a metre at the depth of the last projected point. */
  scale = 0;
  depth = 0;

  constructor(readonly width: number, readonly height: number) {
    this.centreX = width / 2;
    this.centreY = height / 2;
  }

  /** Aims the camera. */
  aim(pose: CameraPose): void {
    this.pose = pose;
    const sinPan = Math.sin(pose.pan), cosPan = Math.cos(pose.pan);
    const sinTilt = Math.sin(pose.tilt), cosTilt = Math.cos(pose.tilt);
    this.rightX = cosPan;
    this.rightY = sinPan;
    this.forwardX = sinPan * cosTilt;
    this.forwardY = -cosPan * cosTilt;
    this.forwardZ = -sinTilt;
    this.downX = -sinPan * sinTilt;
    this.downY = cosPan * sinTilt;
    this.downZ = -cosTilt;
  }

  /** Projects a point; the answer lies in `u`, `v`, `scale` and `depth`. False when it lies behind the camera. */
  project(x: number, y: number, z: number): boolean {
    const dx = x - this.pose.x, dy = y - this.pose.y, dz = z - this.pose.z;
    const depth = dx * this.forwardX + dy * this.forwardY + dz * this.forwardZ;
    this.depth = depth;
    if (depth < 1) return false;
    const scale = this.pose.focal / depth;
    this.scale = scale;
    this.u = this.centreX + scale * (dx * this.rightX + dy * this.rightY);
    this.v = this.centreY + scale * (dx * this.downX + dy * this.downY + dz * this.downZ);
    return true;
  }

  /** Distance of a point along the line of sight. */
  depthOf(x: number, y: number, z: number): number {
    const { pose } = this;
    return (x - pose.x) * this.forwardX + (y - pose.y) * this.forwardY + (z - pose.z) * this.forwardZ;
  }

  /** The homography from pitch metres (z = 0) to pixels, row by row, its last number 1. */
  homography(): number[] {
    const { pose, centreX, centreY } = this;
    const w = [
      this.forwardX,
      this.forwardY,
      -(pose.x * this.forwardX + pose.y * this.forwardY + pose.z * this.forwardZ),
    ];
    const right = [this.rightX, this.rightY, -(pose.x * this.rightX + pose.y * this.rightY)];
    const down = [this.downX, this.downY, -(pose.x * this.downX + pose.y * this.downY + pose.z * this.downZ)];
    const rows = [
      ...right.map((value, i) => pose.focal * value + centreX * w[i]),
      ...down.map((value, i) => pose.focal * value + centreY * w[i]),
      ...w,
    ];
    return rows.map((value) => value / w[2]);
  }
}
