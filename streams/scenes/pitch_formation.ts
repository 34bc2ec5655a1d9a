import { MIDDLE_Y, PITCH_LENGTH, PITCH_WIDTH } from "./pitch_measures.ts";
import { Player, type Role } from "./pitch_player.ts";
import type { Random } from "./random.ts";

type Place = readonly [role: Role, along: number, across: number];

const KEEPER: Place = ["keeper", 0.03, 0.5];
const FORMATIONS: readonly (readonly Place[])[] = [
  [
    KEEPER,
    ["back", 0.24, 0.14],
    ["back", 0.2, 0.38],
    ["back", 0.2, 0.62],
    ["back", 0.24, 0.86],
    ["middle", 0.46, 0.14],
    ["middle", 0.42, 0.4],
    ["middle", 0.42, 0.6],
    ["middle", 0.46, 0.86],
    ["forward", 0.66, 0.42],
    ["forward", 0.68, 0.6],
  ],
  [
    KEEPER,
    ["back", 0.25, 0.14],
    ["back", 0.2, 0.38],
    ["back", 0.2, 0.62],
    ["back", 0.25, 0.86],
    ["middle", 0.4, 0.5],
    ["middle", 0.48, 0.3],
    ["middle", 0.48, 0.7],
    ["forward", 0.66, 0.16],
    ["forward", 0.7, 0.5],
    ["forward", 0.66, 0.84],
  ],
  [
    KEEPER,
    ["back", 0.2, 0.26],
    ["back", 0.18, 0.5],
    ["back", 0.2, 0.74],
    ["middle", 0.42, 0.1],
    ["middle", 0.38, 0.36],
    ["middle", 0.44, 0.5],
    ["middle", 0.38, 0.64],
    ["middle", 0.42, 0.9],
    ["forward", 0.66, 0.4],
    ["forward", 0.68, 0.6],
  ],
];

/** The eleven of a team, on their places for a kick-off. Ids count from 1 over both teams. */
export function lineUp(team: 0 | 1, random: Random): Player[] {
  return random.pick(FORMATIONS).map(([role, along, across], i) => {
    const player = new Player(team * 11 + i + 1, team, role, [along, across], random);
    const [x, y] = kickOffPlace(player);
    player.x = player.goalX = x;
    player.y = player.goalY = y;
    player.heading = team === 0 ? 0 : Math.PI;
    return player;
  });
}

/** Turns "share of the length from one's own goal, share of the width" into metres. */
export function onPitch(team: 0 | 1, along: number, across: number): [x: number, y: number] {
  return team === 0
    ? [along * PITCH_LENGTH, across * PITCH_WIDTH]
    : [(1 - along) * PITCH_LENGTH, (1 - across) * PITCH_WIDTH];
}

/** Where a player waits for the kick-off: in the own half, outside the circle. */
export function kickOffPlace(player: Player): [x: number, y: number] {
  const [along, across] = player.home;
  const squeezed = player.role === "keeper" ? along : Math.min(0.47, 0.08 + along * 0.58);
  let [x, y] = onPitch(player.team ?? 0, squeezed, across);
  const distance = Math.hypot(x - 52.5, y - MIDDLE_Y);
  if (distance < 10) {
    const away = (player.team === 0 ? -1 : 1) * Math.sqrt(Math.max(0, 100 - (y - MIDDLE_Y) ** 2));
    x = 52.5 + away;
  }
  return [x, y];
}

/** Where a player belongs while the ball is at (x, y), in or out of the team's possession. */
export function openPlace(
  player: Player,
  ball: { x: number; y: number },
  state: { attacking: boolean; time: number },
): [x: number, y: number] {
  const team = player.team ?? 0;
  const along = team === 0 ? ball.x / PITCH_LENGTH : 1 - ball.x / PITCH_LENGTH;
  const across = team === 0 ? ball.y / PITCH_WIDTH : 1 - ball.y / PITCH_WIDTH;
  const [homeAlong, homeAcross] = player.home;
  const push = state.attacking ? 0.1 : -0.03;
  const depth = 0.5 + (homeAlong - 0.44) * (state.attacking ? 0.95 : 0.72);
  const wander = 0.022;
  const a = depth + (along - 0.5) * 0.62 + push + wander * Math.sin(state.time * 0.5 + player.wander);
  const width = state.attacking ? 0.92 : 0.66;
  const b = 0.5 + (homeAcross - 0.5) * width + (across - 0.5) * 0.36 +
    wander * Math.cos(state.time * 0.37 + player.wander * 2);
  return onPitch(team, Math.max(0.07, Math.min(0.94, a)), Math.max(0.03, Math.min(0.97, b)));
}

/** Where a goalkeeper stands: between the ball and the goal, further out the further the ball is. */
export function keeperPlace(team: 0 | 1, ball: { x: number; y: number }): [x: number, y: number] {
  const goalX = team === 0 ? 0 : PITCH_LENGTH;
  const dx = ball.x - goalX, dy = ball.y - MIDDLE_Y;
  const distance = Math.max(1, Math.hypot(dx, dy));
  const out = Math.min(12, 1.2 + distance * 0.1);
  return [goalX + (dx / distance) * out, MIDDLE_Y + (dy / distance) * out];
}
