import { kickPass } from "./pitch_choices.ts";
import { BALL_RADIUS, MIDDLE_Y, PITCH_LENGTH } from "./pitch_measures.ts";
import { type Match, TICK } from "./pitch_match.ts";
import type { Player } from "./pitch_player.ts";

/** How play goes on after it stopped. */
export interface Restart {
  kind: "kick-off" | "throw-in" | "corner" | "goal-kick";
  team: 0 | 1;
  x: number;
  y: number;
  taker: Player;
  /** Seconds since play stopped. */
  elapsed: number;
  /** Seconds before which it does not go on. */
  least: number;
  /** Seconds the taker has had the ball ready. */
  ready: number;
}

const LEAST = { "kick-off": 7, "throw-in": 2.6, corner: 6, "goal-kick": 4.5 };

/** Stops play; the taker is whoever of the team is nearest (the keeper for a goal kick). */
export function startRestart(
  match: Match,
  call: Pick<Restart, "kind" | "team" | "x" | "y"> & { kickOffIn?: number },
): void {
  const { kickOffIn, ...where } = call;
  const team = match.teams[call.team];
  const taker = call.kind === "goal-kick"
    ? team[0]
    : team.slice(1).reduce((best, one) =>
      one.distanceTo(call.x, call.y) < best.distanceTo(call.x, call.y) ? one : best
    );
  match.owner = undefined;
  match.kicked = undefined;
  match.restart = { ...where, taker, elapsed: 0, least: kickOffIn ?? LEAST[call.kind], ready: 0 };
  if (kickOffIn !== undefined) {
    taker.x = call.x + (call.team === 0 ? -0.6 : 0.6);
    taker.y = call.y;
  }
}

/** Lets a stopped match go on: the ball comes back to its spot, the taker comes to the ball, and plays it. */
export function continueRestart(match: Match, restart: Restart): void {
  const { ball } = match;
  restart.elapsed += TICK;
  const { taker } = restart;
  const away = Math.hypot(restart.x - ball.x, restart.y - ball.y);
  const thrown = restart.kind === "throw-in" && restart.ready > 0;
  if (thrown) {
    liftOverhead(match, restart);
  } else if (restart.elapsed < 1.4 && restart.least > 2) {
    ball.step(TICK);
    return;
  } else {
    const pace = Math.min(13, away * 3);
    const settle = Math.min(1, TICK * 5);
    ball.vx += ((away > 1e-6 ? ((restart.x - ball.x) / away) * pace : 0) - ball.vx) * settle;
    ball.vy += ((away > 1e-6 ? ((restart.y - ball.y) / away) * pace : 0) - ball.vy) * settle;
    ball.x += ball.vx * TICK;
    ball.y += ball.vy * TICK;
    ball.z = Math.max(BALL_RADIUS, ball.z - 4 * TICK);
    ball.vz = 0;
    ball.roll += (Math.hypot(ball.vx, ball.vy) * TICK) / 0.16;
  }
  const there = taker.distanceTo(restart.x, restart.y) < 1.1 && (thrown || away < 0.25);
  const set = restart.kind !== "kick-off" || restart.elapsed > 20 || everybodyHome(match);
  if (restart.elapsed >= restart.least && there && set) restart.ready += TICK;
  if (restart.ready > (restart.kind === "throw-in" ? 0.9 : 0.3)) take(match, restart);
}

function liftOverhead(match: Match, restart: Restart): void {
  const { ball } = match;
  restart.taker.armsUp = 1;
  const { x, y } = restart;
  const follow = (to: number, from: number) => Math.max(-3, Math.min(3, (to - from) * 6));
  ball.vx = follow(x, ball.x);
  ball.vy = follow(y, ball.y);
  ball.vz = follow(2.15, ball.z);
  ball.x += ball.vx * TICK;
  ball.y += ball.vy * TICK;
  ball.z += ball.vz * TICK;
}

function take(match: Match, restart: Restart): void {
  const { taker } = restart;
  const mates = matesFor(match, restart);
  match.restart = undefined;
  if (restart.kind === "corner") {
    const to = match.random.pick(mates);
    kickPass(match.ball, { to, x: to.x, y: to.y, lofted: true, worth: 0 }, match.random);
    match.release(taker, { kind: "pass", by: taker, to });
    match.note("pass", taker, { to: to.id });
    return;
  }
  if (!match.pass(taker, mates) && !match.pass(taker)) {
    const to = match.matesOf(taker).reduce(
      (best, mate) =>
        mate !== taker && mate.distanceTo(taker.x, taker.y) < best.distanceTo(taker.x, taker.y) ? mate : best,
      match
        .matesOf(taker)[taker.role === "keeper" ? 1 : 0],
    );
    kickPass(match.ball, { to, x: to.x, y: to.y, lofted: false, worth: 0 }, match.random);
    match.release(taker, { kind: "pass", by: taker, to });
    match.note("pass", taker, { to: to.id });
  }
}

/** Who may be meant by the first touch. */
function matesFor(match: Match, restart: Restart): Player[] {
  const mates = match.matesOf(restart.taker).filter((mate) => mate !== restart.taker);
  if (restart.kind === "throw-in") return mates.filter((mate) => mate.distanceTo(restart.x, restart.y) < 22);
  if (restart.kind === "corner") {
    const goalX = restart.team === 0 ? PITCH_LENGTH : 0;
    const inBox = mates.filter((mate) => mate.distanceTo(goalX, MIDDLE_Y) < 20);
    return inBox.length > 0 ? inBox : mates;
  }
  return mates;
}

function everybodyHome(match: Match): boolean {
  return [0, 1].every((team) =>
    match.teams[team as 0 | 1].every((player) =>
      player === match.restart?.taker || (team === 0 ? player.x < 52.8 : player.x > 52.2)
    )
  );
}
