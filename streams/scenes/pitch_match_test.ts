import assert from "node:assert/strict";
import { GOAL, MIDDLE_Y, PITCH_LENGTH, PITCH_WIDTH } from "./pitch_measures.ts";
import { Match, type MatchEvent, TICK } from "./pitch_match.ts";

const SEEDS = [1, 2, 3, 4];
const SECONDS = 400;

/** A match played once, and what was measured on the way. */
interface Record {
  match: Match;
  events: MatchEvent[];
  fastestPerson: number;
  fastestBall: number;
  nearest: number;
  held: [number, number];
  longestSilence: number;
}

const records = new Map<number, Record>();

function recordOf(seed: number): Record {
  const known = records.get(seed);
  if (known) return known;
  const match = new Match(seed);
  const { people, ball } = match;
  const record: Record = {
    match,
    events: [],
    fastestPerson: 0,
    fastestBall: 0,
    nearest: Infinity,
    held: [0, 0],
    longestSilence: 0,
  };
  let spokenAt = 0;
  const before = people.map(({ x, y }) => ({ x, y }));
  for (let tick = 0; tick < SECONDS / TICK; tick++) {
    const { x, y, z } = ball;
    match.tick();
    record.fastestBall = Math.max(record.fastestBall, Math.hypot(ball.x - x, ball.y - y, ball.z - z) / TICK);
    people.forEach((person, i) => {
      record.fastestPerson = Math.max(record.fastestPerson, person.distanceTo(before[i].x, before[i].y) / TICK);
      before[i] = { x: person.x, y: person.y };
      for (let j = 0; j < i; j++) {
        record.nearest = Math.min(record.nearest, person.distanceTo(people[j].x, people[j].y));
      }
      const inside = person.x > -6 && person.x < PITCH_LENGTH + 6 && person.y > -4 && person.y < PITCH_WIDTH + 4;
      if (!inside) assert.fail(`${person.id} is at ${person.x}, ${person.y}, seed ${seed}`);
    });
    if (!(ball.z > 0.1)) assert.fail(`the ball is in the ground: ${ball.z}`);
    const { owner, events, time } = match;
    if (owner) record.held[owner.team!] += TICK;
    if (events.length > 0) spokenAt = time;
    record.longestSilence = Math.max(record.longestSilence, time - spokenAt);
    record.events.push(...events);
  }
  records.set(seed, record);
  return record;
}

Deno.test("nobody runs faster than 9.5 m/s, the ball never flies faster than 35, two are never in one place", () => {
  for (const seed of SEEDS) {
    const { fastestPerson, fastestBall, nearest } = recordOf(seed);
    assert.ok(fastestPerson > 6 && fastestPerson <= 9.5, `${fastestPerson} m/s, seed ${seed}`);
    assert.ok(fastestBall > 15 && fastestBall <= 35, `${fastestBall} m/s, seed ${seed}`);
    assert.ok(nearest > 0.15, `${nearest} m, seed ${seed}`);
  }
});

Deno.test("every reception and interception follows the pass it names", () => {
  for (const seed of SEEDS) {
    const { match, events } = recordOf(seed);
    const teamOf = (id: number) => match.people.find((person) => person.id === id)!.team;
    let pass: MatchEvent | undefined;
    for (const event of events) {
      if (event.type === "pass") {
        assert.equal(teamOf(event.to!), event.team);
        assert.notEqual(event.to, event.player);
        pass = event;
      } else if (event.type === "reception" || event.type === "interception") {
        assert.ok(pass, `${event.type} without a pass, seed ${seed}`);
        assert.equal(event.from, pass.player);
        assert.equal(event.team === pass.team, event.type === "reception");
        assert.notEqual(event.player, pass.player);
        pass = undefined;
      } else pass = undefined;
      if (event.type !== "goal") assert.equal(teamOf(event.player), event.team);
    }
  }
});

Deno.test("goals lie behind a goal line and between the posts, and are counted", () => {
  let goals = 0;
  for (const seed of SEEDS) {
    const { match, events } = recordOf(seed);
    const scored = events.filter(({ type }) => type === "goal");
    for (const { pitch: [x, y], team } of scored) {
      assert.ok(team === 0 ? x > PITCH_LENGTH : x < 0);
      assert.ok(Math.abs(y - MIDDLE_Y) < GOAL.halfWidth);
    }
    assert.deepEqual([0, 1].map((team) => scored.filter((goal) => goal.team === team).length), match.score);
    goals += scored.length;
  }
  assert.ok(goals > 0);
});

Deno.test("a ball is called out where it crossed a line, and play goes on with a pass", () => {
  let outs = 0;
  for (const seed of SEEDS) {
    const { events } = recordOf(seed);
    events.forEach((event, i) => {
      if (event.type !== "out") return;
      const [x, y] = event.pitch;
      assert.ok(x < 0 || x > PITCH_LENGTH || y < 0 || y > PITCH_WIDTH);
      if (i + 1 < events.length) assert.equal(events[i + 1].type, "pass");
      outs++;
    });
  }
  assert.ok(outs > 3, `${outs}`);
});

Deno.test("a match has what a match has: passes that mostly arrive, shots, tackles, both teams on the ball", () => {
  const counts = new Map<string, number>();
  for (const seed of SEEDS) {
    const { events, held, longestSilence } = recordOf(seed);
    for (const { type } of events) counts.set(type, (counts.get(type) ?? 0) + 1);
    const share = held[0] / (held[0] + held[1]);
    assert.ok(share > 0.15 && share < 0.85, `possession ${share}, seed ${seed}`);
    assert.ok(longestSilence < 40, `nothing happens for ${longestSilence} s, seed ${seed}`);
  }
  const count = (type: string) => counts.get(type) ?? 0;
  assert.ok(count("pass") > SEEDS.length * 60, `${count("pass")} passes`);
  assert.ok(count("reception") > count("interception"), "more arrive than are lost");
  for (const type of ["shot", "save", "tackle", "deflection", "recovery"]) assert.ok(count(type) > 0, type);
});
