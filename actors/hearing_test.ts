import assert from "node:assert/strict";
import { until } from "../tests/support/until.ts";
import type { Actor, ActorExit } from "./actor.ts";
import { ActorError } from "./actor_error.ts";
import { watchHearing } from "./hearing.ts";

/** An actor that answers each question as the list says, then nothing more. */
function hearer(answers: (undefined | Error)[]) {
  const state = { asked: 0, links: [] as ((exit: ActorExit) => void)[] };
  const actor = {
    state: "running",
    ask: () => {
      const answer = answers[state.asked++];
      return answer ? Promise.reject(answer) : Promise.resolve();
    },
    link: (listener: (exit: ActorExit) => void) => state.links.push(listener),
  };
  return { state, actor: actor as unknown as Actor<string, never> };
}

Deno.test("only silence is deafness; refusals are answers, and asking goes on", async () => {
  const silence = new ActorError("timeout", "none came");
  const { state, actor } = hearer([undefined, new ActorError("overflow", "too many"), new Error("no"), silence]);
  const deafAt: number[] = [];
  watchHearing(actor, { question: "?", deafMs: 20, onDeaf: () => deafAt.push(state.asked) });
  await until(() => state.asked > 5, "asking goes on");
  assert.deepEqual(deafAt, [4]);
  for (const listener of state.links) listener({ how: "stopped" });
});

Deno.test("whoever is down is asked no more", async () => {
  const { state, actor } = hearer([]);
  watchHearing(actor, { question: "?", deafMs: 20, onDeaf: () => assert.fail("it was never silent") });
  await until(() => state.asked > 1, "it is asked");
  for (const listener of state.links) listener({ how: "stopped" });
  const { asked } = state;
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(state.asked, asked);
});
