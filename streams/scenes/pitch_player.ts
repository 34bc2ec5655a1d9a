import type { Pose } from "./pitch_figure.ts";
import type { Random } from "./random.ts";

/** What somebody on the pitch is there for. */
export type Role = "keeper" | "back" | "middle" | "forward" | "referee" | "assistant";

/** Nobody runs faster. */
export const PLAYER_MAX_SPEED = 9.2;

/** One person in motion. */
export class Player {
  x = 0;
  y = 0;
  vx = 0;
  vy = 0;
  heading = 0;
  gait: number;
  dive = 0;
  diveTo = 0;
  kick = 9;
  armsUp = 0;
  /** Where to go, how fast, and what to look at when there. */
  goalX = 0;
  goalY = 0;
  pace = 3;
  /** Seconds for which the ball cannot be played, after losing or kicking it. */
  stunned = 0;
  readonly topSpeed: number;
  readonly wander: number;

  constructor(
    readonly id: number,
    readonly team: 0 | 1 | null,
    readonly role: Role,
    readonly home: readonly [along: number, across: number],
    random: Random,
  ) {
    this.gait = random.range(0, Math.PI * 2);
    this.topSpeed = Math.min(PLAYER_MAX_SPEED, random.range(7.4, 9.1));
    this.wander = random.range(0, Math.PI * 2);
  }

  /** Metres to a point. */
  distanceTo(x: number, y: number): number {
    return Math.hypot(this.x - x, this.y - y);
  }

  /** Sets where to go and how fast. */
  seek(x: number, y: number, pace: number): void {
    this.goalX = x;
    this.goalY = y;
    this.pace = pace;
  }

  /** Chooses the velocity of the next step: towards the goal, away from whoever is too near, within what legs can do. */
  steer(pushX: number, pushY: number, dt: number): void {
    const dx = this.goalX - this.x, dy = this.goalY - this.y;
    const distance = Math.hypot(dx, dy);
    const top = Math.min(this.pace, this.topSpeed);
    const speed = distance < 0.25 ? 0 : Math.min(top, distance * 1.8);
    const wantX = (distance > 1e-6 ? (dx / distance) * speed : 0) + pushX;
    const wantY = (distance > 1e-6 ? (dy / distance) * speed : 0) + pushY;
    let ax = wantX - this.vx, ay = wantY - this.vy;
    const change = Math.hypot(ax, ay);
    const most = 6.5 * dt;
    if (change > most) {
      ax *= most / change;
      ay *= most / change;
    }
    this.nudge(ax, ay);
  }

  /** Changes the velocity, never beyond what this person can run. */
  nudge(ax: number, ay: number): void {
    this.vx += ax;
    this.vy += ay;
    const now = Math.hypot(this.vx, this.vy);
    if (now > this.topSpeed) {
      this.vx *= this.topSpeed / now;
      this.vy *= this.topSpeed / now;
    }
  }

  /** Moves on, turns to the way of running or to what is watched, and lets gait and gestures pass. */
  advance(watchX: number, watchY: number, dt: number): void {
    this.x += this.vx * dt;
    this.y += this.vy * dt;
    const speed = Math.hypot(this.vx, this.vy);
    const running = Math.atan2(this.vy, this.vx);
    const watching = Math.atan2(watchY - this.y, watchX - this.x);
    let turn = (speed > 1.6 ? running : watching) - this.heading;
    turn -= Math.round(turn / (Math.PI * 2)) * Math.PI * 2;
    const most = (speed > 1.6 ? 7 : 4) * dt;
    this.heading += Math.max(-most, Math.min(most, turn));
    if (speed > 0.2) this.gait += ((speed * dt) / (0.75 + 0.19 * speed)) * Math.PI;
    this.kick += dt;
    this.stunned = Math.max(0, this.stunned - dt);
    this.dive += Math.max(-4 * dt, Math.min(4 * dt, this.diveTo - this.dive));
    this.armsUp = Math.max(0, this.armsUp - 3 * dt);
  }

  /** How this person stands `share` of the way from `before` to now. */
  poseBetween(before: Pose, share: number): Pose {
    const mix = (a: number, b: number) => a + (b - a) * share;
    return {
      x: mix(before.x, this.x),
      y: mix(before.y, this.y),
      heading: mix(before.heading, this.heading),
      speed: mix(before.speed, Math.hypot(this.vx, this.vy)),
      gait: mix(before.gait, this.gait),
      dive: mix(before.dive, this.dive),
      kick: this.kick,
      armsUp: mix(before.armsUp, this.armsUp),
    };
  }

  /** Writes how this person stands now. */
  writePose(into: Pose): void {
    into.x = this.x;
    into.y = this.y;
    into.heading = this.heading;
    into.speed = Math.hypot(this.vx, this.vy);
    into.gait = this.gait;
    into.dive = this.dive;
    into.kick = this.kick;
    into.armsUp = this.armsUp;
  }
}
