import { Ball } from "./pitch_ball.ts";
import { attackSign, choosePass, kickPass, kickShot, nearestDistance, shotChance } from "./pitch_choices.ts";
import { lineUp } from "./pitch_formation.ts";
import { BALL_RADIUS, GOAL, MIDDLE_Y, PITCH_LENGTH, PITCH_WIDTH } from "./pitch_measures.ts";
import { collide, moveEverybody, separation } from "./pitch_movement.ts";
import { Player } from "./pitch_player.ts";
import { continueRestart, type Restart, startRestart } from "./pitch_restart.ts";
import { Random } from "./random.ts";

/** What can happen in a match. `recovery`: somebody gets a ball that nobody passed to anybody. */
export type MatchEventType =
  | "pass"
  | "reception"
  | "interception"
  | "shot"
  | "save"
  | "goal"
  | "out"
  | "tackle"
  | "deflection"
  | "recovery";

/** Something that happened: by whom, to whom, where. */
export interface MatchEvent {
  type: MatchEventType;
  player: number;
  /** The receiver a pass was meant for, or the giver of a reception. */
  to?: number;
  from?: number;
  team: 0 | 1;
  pitch: [x: number, y: number];
}

/** Seconds of one step of the world. */
export const TICK = 0.02;

/** A football match. Everything in it follows from the seed; `tick` lets one step of time pass. */
export class Match {
  readonly random: Random;
  readonly teams: readonly [Player[], Player[]];
  readonly officials: readonly Player[];
  readonly people: readonly Player[];
  readonly ball = new Ball();
  time = 0;
  score: [number, number] = [0, 0];
  owner: Player | undefined;
  /** The keeper has the ball in the hands. */
  caught = false;
  restart: Restart | undefined;
  lastTouch: Player;
  /** The kick that is under way, until somebody controls the ball. */
  kicked: { kind: "pass" | "shot"; by: Player; to?: Player } | undefined;
  /** What happened in the last tick. */
  events: MatchEvent[] = [];
  #held = 0;
  #patience = 1;
  #thought = 0;

  constructor(seed: number) {
    this.random = new Random(seed, 0);
    this.teams = [lineUp(0, this.random), lineUp(1, this.random)];
    this.officials = [
      new Player(23, null, "referee", [0.5, 0.5], this.random),
      new Player(24, null, "assistant", [0.75, 0], this.random),
      new Player(25, null, "assistant", [0.25, 1], this.random),
    ];
    const [referee, far, near] = this.officials;
    [referee.x, referee.y] = [48, 41];
    [far.x, far.y] = [78, -1];
    [near.x, near.y] = [27, 69];
    this.people = [...this.teams[0], ...this.teams[1], ...this.officials];
    this.lastTouch = this.teams[0][9];
    startRestart(this, { kind: "kick-off", team: this.random.int(2) as 0 | 1, x: 52.5, y: MIDDLE_Y, kickOffIn: 1.2 });
  }

  /** The team a player plays against. */
  rivalsOf(player: Player): Player[] {
    return this.teams[player.team === 0 ? 1 : 0];
  }

  /** The team a player plays for. */
  matesOf(player: Player): Player[] {
    return this.teams[player.team ?? 0];
  }

  /** Lets one step of time pass. */
  tick(): void {
    this.events = [];
    this.time += TICK;
    moveEverybody(this);
    for (const person of this.people) {
      const [pushX, pushY] = separation(person, this.people);
      person.steer(pushX, pushY, TICK);
    }
    collide(this.people);
    for (const person of this.people) person.advance(this.ball.x, this.ball.y, TICK);
    if (this.restart) continueRestart(this, this.restart);
    else if (this.owner) this.#carry(this.owner);
    else this.#fly();
  }

  /** Writes down that something happened. */
  note(type: MatchEventType, player: Player, more: Partial<MatchEvent> = {}): void {
    this.events.push({ type, player: player.id, team: player.team ?? 0, pitch: [this.ball.x, this.ball.y], ...more });
  }

  /** Plays the best pass there is; false when there is none. */
  pass(from: Player, mates = this.matesOf(from)): boolean {
    const plan = choosePass(from, mates, this.rivalsOf(from), this.random);
    if (!plan) return false;
    kickPass(this.ball, plan, this.random);
    this.release(from, { kind: "pass", by: from, to: plan.to });
    this.note("pass", from, { to: plan.to.id });
    return true;
  }

  /** The ball has left a foot. */
  release(from: Player, kicked: Match["kicked"]): void {
    this.kicked = kicked;
    this.owner = undefined;
    this.caught = false;
    this.lastTouch = from;
    from.stunned = 0.55;
    from.kick = 0.1;
  }

  /** Somebody has the ball at the feet, or in the hands. */
  control(player: Player): void {
    const { kicked } = this;
    if (kicked?.kind === "pass" && kicked.by !== player) {
      if (kicked.by.team === player.team) this.note("reception", player, { from: kicked.by.id });
      else this.note("interception", player, { from: kicked.by.id });
    } else if (kicked?.kind === "shot" && player.role === "keeper" && player.team !== kicked.by.team) {
      this.note("save", player, { from: kicked.by.id });
    } else this.note("recovery", player);
    this.owner = player;
    this.caught = player.role === "keeper" && (this.ball.z > 0.5 || kicked?.by.team !== player.team);
    this.kicked = undefined;
    this.lastTouch = player;
    this.#held = 0;
    this.#thought = 0;
    this.#patience = player.role === "keeper" ? this.random.range(1.4, 2.8) : this.random.range(0.7, 3.4);
  }

  #carry(owner: Player): void {
    const { ball, random } = this;
    this.#held += TICK;
    const ahead = this.caught ? 0.36 : 0.5 + 0.16 * (1 + Math.sin(owner.gait * 2));
    const x = owner.x + Math.cos(owner.heading) * ahead, y = owner.y + Math.sin(owner.heading) * ahead;
    let vx = owner.vx + (x - ball.x) * 7, vy = owner.vy + (y - ball.y) * 7;
    const speed = Math.hypot(vx, vy);
    if (speed > 13) {
      vx *= 13 / speed;
      vy *= 13 / speed;
    }
    ball.vx = vx;
    ball.vy = vy;
    if (this.caught) {
      const lift = Math.max(-3, Math.min(3, (1.05 - ball.z) * 6));
      ball.x += vx * TICK;
      ball.y += vy * TICK;
      ball.z = Math.max(BALL_RADIUS, ball.z + lift * TICK);
      ball.vz = 0;
    } else ball.step(TICK);
    if (this.#leftPitch()) return;
    const rivals = this.rivalsOf(owner);
    if (!this.caught && this.#tackled(owner, rivals)) return;
    this.#thought += TICK;
    if (this.#thought < 0.12) return;
    this.#thought = 0;
    const pressure = nearestDistance(rivals, owner.x, owner.y);
    const chance = owner.role === "keeper" ? 0 : shotChance(owner, rivals);
    if (this.#held > 0.3 && random.chance(chance * chance * (pressure < 2 ? 0.75 : 0.5))) {
      kickShot(ball, owner.team ?? 0, random);
      this.release(owner, { kind: "shot", by: owner });
      this.note("shot", owner);
      return;
    }
    const pressed = pressure < 2.4 && this.#held > 0.4 && random.chance(0.24);
    if (pressed || this.#held > this.#patience) this.pass(owner);
  }

  #tackled(owner: Player, rivals: readonly Player[]): boolean {
    const { random, ball } = this;
    for (const rival of rivals) {
      if (rival.stunned > 0 || rival.distanceTo(ball.x, ball.y) > 0.95) continue;
      if (!random.chance(2.2 * TICK)) continue;
      rival.kick = 0.1;
      if (random.chance(0.5)) {
        rival.stunned = 0.9;
        continue;
      }
      this.note("tackle", rival, { from: owner.id });
      this.lastTouch = rival;
      owner.stunned = 0.9;
      this.kicked = undefined;
      this.owner = undefined;
      const angle = Math.atan2(ball.y - rival.y, ball.x - rival.x) + random.normal() * 0.5;
      const speed = random.range(3, 6.5);
      ball.kick(Math.cos(angle) * speed, Math.sin(angle) * speed, 0);
      return true;
    }
    return false;
  }

  #fly(): void {
    const { ball, random } = this;
    ball.step(TICK);
    if (this.#leftPitch()) return;
    let taker: Player | undefined;
    let nearest = Infinity;
    for (const player of this.people) {
      if (player.team === null || player.stunned > 0) continue;
      const keeper = player.role === "keeper";
      const reach = keeper ? 0.85 + Math.abs(player.dive) * 1.1 : 0.72;
      const height = keeper ? 2.45 : 1.95;
      const distance = player.distanceTo(ball.x, ball.y);
      if (distance < reach && ball.z < height && distance < nearest) [taker, nearest] = [player, distance];
    }
    if (!taker) return;
    const speed = Math.hypot(ball.vx - taker.vx, ball.vy - taker.vy, ball.vz);
    const keeper = taker.role === "keeper";
    const sure = keeper ? (speed > 18 ? 0.6 : 0.95) : speed > 17 ? 0.35 : ball.z > 1.2 ? 0.6 : 0.93;
    const meant = this.kicked?.to === taker ? 0.25 : 0;
    if (random.chance(sure + meant)) return this.control(taker);
    const shot = this.kicked?.kind === "shot" && keeper && this.kicked.by.team !== taker.team;
    this.note(shot ? "save" : "deflection", taker, this.kicked ? { from: this.kicked.by.id } : {});
    this.lastTouch = taker;
    this.kicked = undefined;
    taker.stunned = 0.4;
    const angle = Math.atan2(ball.vy, ball.vx) + (random.chance(0.5) ? 1 : -1) * random.range(0.5, 1.9);
    const rest = speed * random.range(0.2, 0.45);
    ball.kick(Math.cos(angle) * rest, Math.sin(angle) * rest, Math.abs(ball.vz) * 0.3 + random.range(0, 2.5));
  }

  /** Sees whether the whole ball has crossed a line, and calls the restart. */
  #leftPitch(): boolean {
    const { ball } = this;
    const r = BALL_RADIUS;
    const overTouch = ball.y < -r || ball.y > PITCH_WIDTH + r;
    const overGoal = ball.x < -r || ball.x > PITCH_LENGTH + r;
    if (!overTouch && !overGoal) return false;
    const last = this.lastTouch;
    const other = last.team === 0 ? 1 : 0;
    this.owner = undefined;
    this.caught = false;
    this.kicked = undefined;
    const defending = ball.x < PITCH_LENGTH / 2 ? 0 : 1;
    const attacking = defending === 0 ? 1 : 0;
    if (overGoal && Math.abs(ball.y - MIDDLE_Y) < GOAL.halfWidth && ball.z < GOAL.height) {
      this.score[attacking]++;
      this.note("goal", last, { team: attacking });
      startRestart(this, { kind: "kick-off", team: defending, x: 52.5, y: MIDDLE_Y });
      return true;
    }
    this.note("out", last);
    const endX = defending === 0 ? 0 : PITCH_LENGTH;
    if (overGoal && last.team === defending) {
      const y = ball.y < MIDDLE_Y ? 0.4 : PITCH_WIDTH - 0.4;
      startRestart(this, { kind: "corner", team: attacking, x: endX + attackSign(defending) * 0.4, y });
    } else if (overGoal) {
      const y = MIDDLE_Y + (this.random.chance(0.5) ? 4 : -4);
      startRestart(this, { kind: "goal-kick", team: defending, x: endX + attackSign(defending) * 5, y });
    } else {
      const x = Math.max(1, Math.min(PITCH_LENGTH - 1, ball.x));
      startRestart(this, { kind: "throw-in", team: other, x, y: ball.y < 0 ? 0.1 : PITCH_WIDTH - 0.1 });
    }
    return true;
  }
}
