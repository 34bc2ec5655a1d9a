import { Ball, predictPath } from "./pitch_ball.ts";
import { attackSign } from "./pitch_choices.ts";
import { keeperPlace, kickOffPlace, openPlace } from "./pitch_formation.ts";
import { GOAL, MIDDLE_Y, PITCH_LENGTH, PITCH_WIDTH } from "./pitch_measures.ts";
import type { Match } from "./pitch_match.ts";
import type { Player } from "./pitch_player.ts";
import type { Restart } from "./pitch_restart.ts";

const PATH_STEP = 0.06;
/** Two people's middles come no nearer than this. */
const BODY = 0.5;
const path = new Float64Array(3 * 60);
const probe = new Ball();

/** Tells everybody where to go next. */
export function moveEverybody(match: Match): void {
  if (match.restart) moveForRestart(match, match.restart);
  else moveInPlay(match);
  moveOfficials(match);
}

/** The push away from whoever stands too near. */
export function separation(person: Player, people: readonly Player[]): [number, number] {
  let x = 0, y = 0;
  for (const other of people) {
    if (other === person) continue;
    const dx = person.x - other.x, dy = person.y - other.y;
    const squared = dx * dx + dy * dy;
    if (squared > 1 || squared < 1e-9) continue;
    const distance = Math.sqrt(squared);
    const push = (1 - distance) * 5;
    x += (dx / distance) * push;
    y += (dy / distance) * push;
  }
  return [x, y];
}

/** Takes away the speed with which bodies that touch would run into one another. */
export function collide(people: readonly Player[]): void {
  for (let i = 0; i < people.length; i++) {
    for (let j = i + 1; j < people.length; j++) {
      const a = people[i], b = people[j];
      const dx = a.x - b.x, dy = a.y - b.y;
      const distance = Math.hypot(dx, dy);
      if (distance > BODY || distance < 1e-6) continue;
      const nx = dx / distance, ny = dy / distance;
      // Bodies that overlap drift apart.
      const parting = (a.vx - b.vx) * nx + (a.vy - b.vy) * ny - (BODY - distance) * 4;
      if (parting >= 0) continue;
      a.nudge((-nx * parting) / 2, (-ny * parting) / 2);
      b.nudge((nx * parting) / 2, (ny * parting) / 2);
    }
  }
}

function moveInPlay(match: Match): void {
  const { ball, owner, time } = match;
  const possession = (owner ?? match.kicked?.by ?? match.lastTouch).team;
  const chasers = owner ? [] : chaseBall(match);
  for (const team of match.teams) {
    for (const player of team) {
      player.diveTo = 0;
      if (player === owner) moveOwner(match, player);
      else if (chasers.includes(player)) continue;
      else if (player.role === "keeper") moveKeeper(match, player);
      else {
        const [x, y] = openPlace(player, ball, { attacking: player.team === possession, time });
        goTo(player, x, y);
        if (player.team !== possession) mark(match, player);
      }
    }
    if (owner && owner.team !== team[0].team && !match.caught) press(match, team, owner);
  }
}

function moveOwner(match: Match, owner: Player): void {
  if (match.caught) return owner.seek(owner.x, owner.y, 1);
  const sign = attackSign(owner.team ?? 0);
  const goalX = sign > 0 ? PITCH_LENGTH - 6 : 6;
  let dx = goalX - owner.x, dy = (MIDDLE_Y - owner.y) * (Math.abs(goalX - owner.x) < 25 ? 1 : 0.15);
  const length = Math.max(1, Math.hypot(dx, dy));
  dx /= length;
  dy /= length;
  for (const rival of match.rivalsOf(owner)) {
    const rx = owner.x - rival.x, ry = owner.y - rival.y;
    const distance = Math.hypot(rx, ry);
    if (distance > 7) continue;
    const push = (1 - distance / 7) * 1.1;
    dx += (rx / Math.max(0.3, distance)) * push;
    dy += (ry / Math.max(0.3, distance)) * push;
  }
  const x = clamp(owner.x + dx * 6, 2.5, PITCH_LENGTH - 2.5);
  const y = clamp(owner.y + dy * 6, 2.5, PITCH_WIDTH - 2.5);
  owner.seek(x, y, 5.2);
}

/** Sends the quickest of each team, and whom the pass is meant for, to where they can meet the ball. */
function chaseBall(match: Match): Player[] {
  const { ball, kicked } = match;
  const count = predictPath(ball, probe, path, PATH_STEP);
  const chasers: Player[] = [];
  for (const team of match.teams) {
    let best: Player | undefined;
    let soonest = Infinity;
    for (const player of team) {
      const meant = kicked?.to === player;
      if (player.role === "keeper" && (kicked?.kind === "shot" || !nearOwnGoal(player, ball))) continue;
      const i = meetingPoint(player, count);
      const time = i + player.stunned / PATH_STEP;
      if (meant) {
        player.seek(path[i * 3], path[i * 3 + 1], 8.5);
        chasers.push(player);
      }
      if (time < soonest) [best, soonest] = [player, time];
    }
    if (!best || chasers.includes(best)) continue;
    const i = meetingPoint(best, count);
    best.seek(path[i * 3], path[i * 3 + 1], 9);
    chasers.push(best);
  }
  return chasers;
}

function nearOwnGoal(keeper: Player, ball: Ball): boolean {
  const goalX = keeper.team === 0 ? 0 : PITCH_LENGTH;
  return Math.abs(ball.x - goalX) < 15 && Math.abs(ball.y - MIDDLE_Y) < 18;
}

/** The first point of the ball's path that a player reaches in time. */
function meetingPoint(player: Player, count: number): number {
  for (let i = 0; i < count; i++) {
    if (path[i * 3 + 2] > 1.5) continue;
    const reach = 0.5 + player.topSpeed * 0.85 * Math.max(0, i * PATH_STEP - 0.12);
    if (player.distanceTo(path[i * 3], path[i * 3 + 1]) < reach) return i;
  }
  return count - 1;
}

function moveKeeper(match: Match, keeper: Player): void {
  const { ball, kicked } = match;
  const team = keeper.team ?? 0;
  const [x, y] = keeperPlace(team, ball);
  keeper.seek(x, y, 4.5);
  if (kicked?.kind !== "shot" || kicked.by.team === keeper.team) return;
  const goalX = team === 0 ? 0 : PITCH_LENGTH;
  const towards = (keeper.x - ball.x) * ball.vx > 0;
  if (!towards || Math.abs(ball.vx) < 3) return;
  const crossing = ball.y + (ball.vy / ball.vx) * (keeper.x - ball.x);
  if (Math.abs(crossing - MIDDLE_Y) > GOAL.halfWidth + 2) return;
  keeper.seek(keeper.x + (goalX - keeper.x) * 0.1, crossing, 7);
  const left = Math.abs((keeper.x - ball.x) / ball.vx);
  const aside = crossing - keeper.y;
  // Leaning is to the keeper's own side; the keeper faces the ball.
  const side = Math.sign(Math.cos(keeper.heading)) || 1;
  if (left < 0.5 && Math.abs(aside) > 0.7) keeper.diveTo = clamp(aside * side * 0.8, -1, 1);
}

/** The nearest defender goes for the ball, the next one covers behind. */
function press(match: Match, team: readonly Player[], owner: Player): void {
  const { ball } = match;
  const goalX = team[0].team === 0 ? 0 : PITCH_LENGTH;
  const near = team.slice(1).sort((a, b) => a.distanceTo(ball.x, ball.y) - b.distanceTo(ball.x, ball.y) || a.id - b.id);
  const [first, second] = near;
  first.seek(ball.x + owner.vx * 0.25, ball.y + owner.vy * 0.25, 7.6);
  const dx = goalX - ball.x, dy = MIDDLE_Y - ball.y;
  const length = Math.max(1, Math.hypot(dx, dy));
  second.seek(ball.x + (dx / length) * 6, ball.y + (dy / length) * 6, 6.5);
}

/** A defender leans to the nearest rival around the own place, on the side of the own goal. */
function mark(match: Match, player: Player): void {
  const goalX = player.team === 0 ? 0 : PITCH_LENGTH;
  let nearest: Player | undefined;
  let least = 8;
  for (const rival of match.rivalsOf(player)) {
    const distance = rival.distanceTo(player.goalX, player.goalY);
    if (rival.role !== "keeper" && distance < least) [nearest, least] = [rival, distance];
  }
  if (!nearest) return;
  const dx = goalX - nearest.x, dy = MIDDLE_Y - nearest.y;
  const length = Math.max(1, Math.hypot(dx, dy));
  const x = nearest.x + (dx / length) * 1.6, y = nearest.y + (dy / length) * 1.6;
  goTo(player, player.goalX + (x - player.goalX) * 0.65, player.goalY + (y - player.goalY) * 0.65);
}

function moveForRestart(match: Match, restart: Restart): void {
  const { kind, taker } = restart;
  const spot = { x: restart.x, y: restart.y };
  for (const team of match.teams) {
    for (const player of team) {
      player.diveTo = 0;
      const attacking = player.team === restart.team;
      if (player === taker) {
        const back = kind === "throw-in"
          ? [0, Math.sign(restart.y - MIDDLE_Y) * 0.25]
          : [-attackSign(restart.team) * 0.5, 0];
        player.seek(restart.x + back[0], restart.y + back[1], 5.5);
      } else if (kind === "kick-off") {
        const [x, y] = kickOffPlace(player);
        player.seek(x, y, match.restart!.elapsed < 3 ? 2.2 : 4.6);
      } else if (player.role === "keeper") {
        const [x, y] = keeperPlace(player.team ?? 0, spot);
        goTo(player, x, y);
      } else if (kind === "corner" && (player.role !== "back" || !attacking)) {
        const goalX = restart.team === 0 ? PITCH_LENGTH : 0;
        const inward = -attackSign(restart.team);
        const out = 3.5 + ((player.id * 37) % 11) + (attacking ? 1.2 : 0);
        player.seek(goalX + inward * out, MIDDLE_Y - 7.5 + ((player.id * 53) % 16), 4.8);
      } else {
        let [x, y] = openPlace(player, spot, { attacking, time: match.time });
        const least = kind === "throw-in" ? 3 : 9.2;
        const away = Math.hypot(x - spot.x, y - spot.y);
        if (!attacking && away < least) {
          x = spot.x + ((x - spot.x) / Math.max(0.1, away)) * least;
          y = spot.y + ((y - spot.y) / Math.max(0.1, away)) * least;
        }
        goTo(player, x, clamp(y, 0.5, PITCH_WIDTH - 0.5));
      }
    }
  }
}

function moveOfficials(match: Match): void {
  const { ball, officials } = match;
  const [referee, far, near] = officials;
  const dx = PITCH_LENGTH / 2 - ball.x, dy = MIDDLE_Y + 8 - ball.y;
  const length = Math.max(1, Math.hypot(dx, dy));
  const distance = referee.distanceTo(ball.x, ball.y);
  const keep = 11;
  if (distance < 5) referee.seek(referee.x + (referee.x - ball.x), referee.y + (referee.y - ball.y), 6);
  else referee.seek(ball.x + (dx / length) * keep, ball.y + (dy / length) * keep, distance > 18 ? 6.4 : 3.2);
  // Each assistant stands level with the last defender but one of a half.
  const offside = (team: 0 | 1) => {
    const along = match.teams[team].map((player) => player.x).sort((a, b) => team === 0 ? a - b : b - a)[1];
    return team === 0 ? Math.min(along, ball.x, 52.5) : Math.max(along, ball.x, 52.5);
  };
  far.seek(clamp(offside(1), 52.5, PITCH_LENGTH), -1, 7);
  near.seek(clamp(offside(0), 0, 52.5), PITCH_WIDTH + 1, 7);
}

/** Walks when near, runs when far. */
function goTo(player: Player, x: number, y: number): void {
  const distance = player.distanceTo(x, y);
  player.seek(x, y, distance < 2 ? 1.6 : Math.min(7.2, 1.4 + distance * 0.5));
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
