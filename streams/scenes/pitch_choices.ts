import { Ball, groundSpeed, loftedSpeed } from "./pitch_ball.ts";
import { GOAL, MIDDLE_Y, PITCH_LENGTH } from "./pitch_measures.ts";
import type { Player } from "./pitch_player.ts";
import type { Random } from "./random.ts";

/** A pass worth trying. */
export interface PassPlan {
  to: Player;
  x: number;
  y: number;
  lofted: boolean;
  worth: number;
}

/** +1 when the team attacks towards growing x. */
export function attackSign(team: 0 | 1): 1 | -1 {
  return team === 0 ? 1 : -1;
}

/** Distance of the nearest of `others` to a point. */
export function nearestDistance(others: readonly Player[], x: number, y: number): number {
  let nearest = Infinity;
  for (const other of others) nearest = Math.min(nearest, other.distanceTo(x, y));
  return nearest;
}

/** The best pass there is for the player on the ball, by progress, room and an open lane. */
export function choosePass(
  from: Player,
  mates: readonly Player[],
  rivals: readonly Player[],
  random: Random,
): PassPlan | undefined {
  const sign = attackSign(from.team ?? 0);
  let best: PassPlan | undefined;
  for (const to of mates) {
    if (to === from) continue;
    const flight = 0.3 + to.distanceTo(from.x, from.y) / 16;
    const x = clamp(to.x + to.vx * flight * 0.75, 1.5, PITCH_LENGTH - 1.5);
    const y = clamp(to.y + to.vy * flight * 0.75, 1.5, 66.5);
    const distance = from.distanceTo(x, y);
    if (distance < 5 || distance > 48) continue;
    const lane = laneRoom(from, x, y, rivals);
    const room = Math.min(8, nearestDistance(rivals, x, y));
    const lofted = distance > 27 || (lane < 1.3 && distance > 15);
    const progress = sign * (x - from.x);
    const worth = progress * 0.068 + room * 0.16 + Math.min(3, lane) * (lofted ? 0.12 : 0.42) -
      Math.abs(distance - 15) * 0.028 - (lofted ? 0.35 : 0) - (to.role === "keeper" ? 1.2 : 0) + random.normal() * 0.32;
    if (!best || worth > best.worth) best = { to, x, y, lofted, worth };
  }
  return best;
}

/** Kicks the ball along a pass plan, with a human error. */
export function kickPass(ball: Ball, plan: PassPlan, random: Random): void {
  const dx = plan.x - ball.x, dy = plan.y - ball.y;
  const distance = Math.max(1, Math.hypot(dx, dy));
  const angle = Math.atan2(dy, dx) + random.normal() * 0.045;
  const force = 1 + random.normal() * 0.05;
  if (plan.lofted) {
    const time = clamp(distance / 16.5, 0.95, 2.5);
    const { across, up } = loftedSpeed(distance * 0.94, time);
    ball.kick(Math.cos(angle) * across * force, Math.sin(angle) * across * force, up);
  } else {
    const speed = Math.min(25, groundSpeed(distance, 6.5)) * force;
    ball.kick(Math.cos(angle) * speed, Math.sin(angle) * speed, random.chance(0.2) ? random.range(0.5, 2) : 0);
  }
}

/** How promising a shot from here is, 0–1. */
export function shotChance(from: Player, rivals: readonly Player[]): number {
  const team = from.team ?? 0;
  const goalX = team === 0 ? PITCH_LENGTH : 0;
  const dx = Math.abs(goalX - from.x), dy = Math.abs(from.y - MIDDLE_Y);
  const distance = Math.hypot(dx, dy);
  if (distance > 29 || dx < 0.5) return 0;
  const opening = Math.max(0, 1 - dy / (dx + 6));
  const blocked = laneRoom(from, goalX, MIDDLE_Y, rivals.filter((rival) => rival.role !== "keeper")) < 0.7 ? 0.4 : 1;
  return Math.max(0, 1 - distance / 31) * opening * blocked;
}

/** Kicks the ball at the goal, with an error that grows with the distance. */
export function kickShot(ball: Ball, team: 0 | 1, random: Random): void {
  const goalX = team === 0 ? PITCH_LENGTH : 0;
  const aimY = MIDDLE_Y + (random.chance(0.5) ? 1 : -1) * random.range(1.2, GOAL.halfWidth - 0.3);
  const dx = goalX - ball.x, dy = aimY - ball.y;
  const distance = Math.max(2, Math.hypot(dx, dy));
  const angle = Math.atan2(dy, dx) + random.normal() * 0.055;
  const speed = random.range(20, 29);
  const time = distance / speed;
  const height = Math.max(0.1, random.range(-0.4, 2.3) + random.normal() * 0.35);
  ball.kick(Math.cos(angle) * speed, Math.sin(angle) * speed, height / time + 4.9 * time);
}

/** How far the nearest rival stands from the way between a player and a point, those right beside it aside. */
function laneRoom(from: Player, x: number, y: number, rivals: readonly Player[]): number {
  const dx = x - from.x, dy = y - from.y;
  const squared = dx * dx + dy * dy;
  if (squared < 1) return 0;
  let room = Infinity;
  for (const rival of rivals) {
    const t = ((rival.x - from.x) * dx + (rival.y - from.y) * dy) / squared;
    if (t < 0.04 || t > 1.02) continue;
    // Rivals further along the way have longer to reach it.
    const away = Math.hypot(from.x + t * dx - rival.x, from.y + t * dy - rival.y) / (0.55 + t);
    room = Math.min(room, away);
  }
  return room;
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
