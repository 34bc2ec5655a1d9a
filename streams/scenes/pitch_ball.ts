import { BALL_RADIUS, BOARDS, GOAL, MIDDLE_Y, PITCH_LENGTH, PITCH_WIDTH } from "./pitch_measures.ts";

const GRAVITY = 9.81;
const ROLLING = 1.9;
const DRAG = 0.012;
const BOUNCE = 0.55;
/** No kick leaves a foot faster. */
export const BALL_MAX_SPEED = 33;

/** A ball in flight, bouncing or rolling. */
export class Ball {
  x = PITCH_LENGTH / 2;
  y = MIDDLE_Y;
  z = BALL_RADIUS;
  vx = 0;
  vy = 0;
  vz = 0;
  roll = 0;
  inNet = false;

  /** Sends the ball off; the speed is kept below what a foot can do. */
  kick(vx: number, vy: number, vz: number): void {
    const speed = Math.hypot(vx, vy, vz);
    const factor = speed > BALL_MAX_SPEED ? BALL_MAX_SPEED / speed : 1;
    this.vx = vx * factor;
    this.vy = vy * factor;
    this.vz = vz * factor;
  }

  /** Lets `dt` seconds pass. */
  step(dt: number): void {
    const speed = Math.hypot(this.vx, this.vy);
    const grounded = this.z <= BALL_RADIUS + 0.02 && Math.abs(this.vz) < 0.6;
    const loss = (grounded ? ROLLING : 0) + DRAG * speed * speed;
    const factor = speed > 1e-6 ? Math.max(0, speed - loss * dt) / speed : 0;
    this.vx *= factor;
    this.vy *= factor;
    if (grounded) {
      this.vz = 0;
      this.z = BALL_RADIUS;
    } else this.vz -= GRAVITY * dt;
    this.x += this.vx * dt;
    this.y += this.vy * dt;
    this.z += this.vz * dt;
    this.roll += (speed * dt) / 0.16;
    if (this.z < BALL_RADIUS) {
      this.z = BALL_RADIUS;
      if (this.vz < 0) {
        this.vz = -this.vz * BOUNCE;
        this.vx *= 0.88;
        this.vy *= 0.88;
      }
    }
    this.#stayInside();
  }

  /** Nets and boards hold the ball. */
  #stayInside(): void {
    const beyond = this.x < 0 ? -this.x : this.x - PITCH_LENGTH;
    const mouth = Math.abs(this.y - MIDDLE_Y) < GOAL.halfWidth && this.z < GOAL.height;
    // Only a ball that came over the line is in the net; one beside the goal rolls on behind it.
    if (beyond <= 0) this.inNet = false;
    else if (mouth && beyond < 0.8) this.inNet = true;
    if (this.inNet) {
      if (beyond > GOAL.depth - 0.3) {
        this.x = this.x < 0 ? -(GOAL.depth - 0.3) : PITCH_LENGTH + GOAL.depth - 0.3;
        this.vx *= -0.08;
        this.vy *= 0.3;
      }
      const aside = this.y - MIDDLE_Y;
      if (Math.abs(aside) > GOAL.halfWidth - 0.2 && aside * this.vy > 0) this.vy *= -0.2;
      if (this.z > GOAL.height - 0.2 && this.vz > 0) this.vz = 0;
    }
    const limit = (value: number, low: number, high: number) => value < low ? low : value > high ? high : value;
    const x = limit(this.x, -BOARDS.behindGoal + 0.3, PITCH_LENGTH + BOARDS.behindGoal - 0.3);
    const y = limit(this.y, -BOARDS.behindTouch + 0.3, PITCH_WIDTH + BOARDS.behindTouch - 0.3);
    if (x !== this.x) this.vx *= -0.3;
    if (y !== this.y) this.vy *= -0.3;
    this.x = x;
    this.y = y;
  }
}

/** The speed with which a rolling ball must leave to arrive `distance` metres away at `arrival` metres a second. */
export function groundSpeed(distance: number, arrival: number): number {
  // Rolling and drag together, by the energy lost on the way.
  const drag = Math.exp(2 * DRAG * distance);
  return Math.sqrt(arrival * arrival * drag + (ROLLING / DRAG) * (drag - 1));
}

/** Velocity across and up that carries the ball `distance` metres in `time` seconds, to land at the ground. */
export function loftedSpeed(distance: number, time: number): { across: number; up: number } {
  const mean = distance / time;
  return { across: mean * (1 + DRAG * mean * time * 0.5), up: (GRAVITY * time) / 2 };
}

/** Where a free ball will be: one point each `step` seconds, written into `path` as x, y, z. Answers how many. */
export function predictPath(ball: Ball, probe: Ball, path: Float64Array, step: number): number {
  const { x, y, z, vx, vy, vz, inNet } = ball;
  Object.assign(probe, { x, y, z, vx, vy, vz, inNet });
  const count = Math.floor(path.length / 3);
  for (let i = 0; i < count; i++) {
    path[i * 3] = probe.x;
    path[i * 3 + 1] = probe.y;
    path[i * 3 + 2] = probe.z;
    probe.step(step);
  }
  return count;
}
