import assert from "node:assert/strict";
import { Problem } from "../problem.ts";
import { RateLimit } from "./rate_limit.ts";

function limit(most?: number) {
  const clock = { ms: 0 };
  const rates = { reads: 60, writes: 6, streams: 1, logins: 1 };
  return { clock, limit: new RateLimit({ rates, most, now: () => clock.ms }) };
}

function waitS(take: () => void): number | undefined {
  try {
    take();
  } catch (error) {
    assert.ok(error instanceof Problem && error.code === "rate_limited");
    return Number(error.headers["retry-after"]);
  }
}

Deno.test("a bucket empties, says how long to wait, and fills again", () => {
  const { limit: rates, clock } = limit();
  for (let n = 0; n < 6; n++) rates.take("writes", "ann");
  assert.equal(waitS(() => rates.take("writes", "ann")), 10);
  clock.ms = 4000;
  assert.equal(waitS(() => rates.take("writes", "ann")), 6);
  clock.ms = 10_000;
  rates.take("writes", "ann");
  assert.equal(waitS(() => rates.take("writes", "ann")), 10);
  clock.ms = 3_600_000;
  for (let n = 0; n < 6; n++) rates.take("writes", "ann");
  assert.equal(waitS(() => rates.take("writes", "ann")), 10);
});

Deno.test("callers and classes are counted apart", () => {
  const { limit: rates } = limit();
  rates.take("streams", "ann");
  assert.ok(waitS(() => rates.take("streams", "ann")));
  rates.take("streams", "bob");
  rates.take("logins", "ann");
});

Deno.test("asking beforehand counts nothing", () => {
  const { limit: rates } = limit();
  for (let n = 0; n < 9; n++) rates.check("logins", "ann");
  rates.take("logins", "ann");
  assert.equal(waitS(() => rates.check("logins", "ann")), 60);
  assert.equal(waitS(() => rates.check("logins", "ann")), 60);
});

Deno.test("however many come, only so many are remembered: those that asked last", () => {
  const { limit: rates } = limit(3);
  rates.take("logins", "ann");
  for (let n = 0; n < 2; n++) rates.take("logins", `${n}`);
  assert.ok(waitS(() => rates.take("logins", "ann")));
  for (let n = 2; n < 4; n++) rates.take("logins", `${n}`);
  assert.equal(rates.size, 3);
  assert.ok(waitS(() => rates.take("logins", "ann")));
  for (let n = 0; n < 1000; n++) rates.take("reads", `${n}`);
  assert.equal(rates.size, 3);
});

Deno.test("a clock that stands still or steps back gives nothing away", () => {
  const { limit: rates, clock } = limit();
  clock.ms = 60_000;
  rates.take("streams", "ann");
  clock.ms = 0;
  assert.ok(waitS(() => rates.take("streams", "ann")));
});
