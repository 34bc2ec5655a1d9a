import assert from "node:assert/strict";
import type { ModelOutput } from "../../src/core/results.ts";
import { SharedAnswers } from "../../streams/shared_answers.ts";
import { hasProgram, RedisPeer } from "../support/sink_peers.ts";
import { until } from "../support/until.ts";

const here = await hasProgram("redis-server", "the test of answers that servers share");
const SIMILARITY = 0.95;
const PLACE = { digest: "heads", session: "desk" };

const unit = (...numbers: number[]) => {
  const length = Math.hypot(...numbers);
  return Float32Array.from(numbers, (number) => number / length);
};
const answer = (label: string): ModelOutput => ({
  model: "heads",
  heads: { mood: { label, classId: 0, score: 1, probabilities: [1] } },
});
const labelOf = (found: ModelOutput | undefined) => found?.heads?.mood.label;

function redisTest(
  name: string,
  test: (peer: RedisPeer, open: (timeoutMs?: number) => SharedAnswers) => Promise<void>,
): void {
  Deno.test({
    name,
    ignore: !here,
    fn: async () => {
      await using peer = new RedisPeer();
      await peer.start();
      using stack = new DisposableStack();
      await test(
        peer,
        (timeoutMs = 10_000) => stack.use(new SharedAnswers({ url: peer.config.url as string, timeoutMs, keepS: 60 })),
      );
    },
  });
}

/** Asks until the connection, which nobody waits for, is there. */
async function stored(answers: SharedAnswers, vector: Float32Array, label: string, place = PLACE): Promise<void> {
  await until(async () => {
    if (labelOf(await answers.find(place, vector, 0.9999)) === label) return true;
    answers.store(place, vector, answer(label));
    return false;
  }, () => `${label} is not stored`);
}

redisTest("what one server remembers another one knows, as far as it is near enough", async (_peer, open) => {
  const [one, other] = [open(), open()];
  await stored(one, unit(1, 0, 0), "calm");
  await stored(other, unit(0, 1, 0), "tense");
  const find = async (...numbers: number[]) => labelOf(await other.find(PLACE, unit(...numbers), SIMILARITY));
  assert.equal(await find(1, 0.05, 0), "calm");
  assert.equal(await find(0.05, 1, 0), "tense");
  assert.equal(await find(1, 1, 0), undefined);
  assert.equal(await find(1, 0), undefined);
  assert.equal(labelOf(await one.find({ ...PLACE, session: "other" }, unit(1, 0, 0), SIMILARITY)), undefined);
  assert.equal(labelOf(await one.find({ ...PLACE, digest: "other" }, unit(1, 0, 0), SIMILARITY)), undefined);
});

redisTest(
  "a session remembers a bounded number of answers, for a bounded time, under a name that tells nothing",
  async (peer, open) => {
    const answers = open();
    await stored(answers, unit(1, 0), "first");
    for (let n = 1; n <= 40; n++) answers.store(PLACE, unit(1, n), answer(String(n)));
    const client = peer.connection();
    await client.connect();
    try {
      const [key, ...more] = await client.keys("*");
      assert.deepEqual(more, []);
      assert.match(key, /^weir:similar:[0-9a-f]{64}$/);
      await until(async () => await client.lLen(key) === 16, () => "the list is not cut");
      const keepS = await client.ttl(key);
      assert.ok(keepS > 0 && keepS <= 60, `${keepS}`);
      answers.store(PLACE, unit(1, 0), { ...answer("x"), embedding: Array(50_000).fill(0.123456) });
      await client.del(key);
      await client.lPush(key, ["", "no answer", `${"A".repeat(12)} {`, "AACAPwAAAAA= 17", 'AACAPwAAAAA= {"model":3}']);
      assert.equal(await answers.find(PLACE, unit(1, 0), SIMILARITY), undefined);
    } finally {
      client.destroy();
    }
  },
);

redisTest("a Redis that hangs or is away only costs its answers", async (peer, open) => {
  const answers = open(100);
  await stored(answers, unit(1, 0), "calm");
  peer.stick();
  assert.equal(await answers.find(PLACE, unit(1, 0), SIMILARITY), undefined);
  peer.loosen();
  await until(
    async () => labelOf(await answers.find(PLACE, unit(1, 0), SIMILARITY)) === "calm",
    () => "not found again",
  );
  await peer.stop();
  for (let n = 0; n < 100; n++) {
    assert.equal(await answers.find(PLACE, unit(1, 0), SIMILARITY), undefined);
    answers.store(PLACE, unit(1, 0), answer("calm"));
  }
});
