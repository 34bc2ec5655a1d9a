import assert from "node:assert/strict";
import { ProblemError } from "../api/problem_error.ts";
import { type Ask, ensureOwnStream, ingestAddress } from "./own_stream.ts";
import { SenderRefused } from "./sender.ts";

type Answers = Record<string, unknown>;

/** A server that answers as told, and what it was asked. */
function server(answers: Answers): { ask: Ask; asked: string[] } {
  const asked: string[] = [];
  const ask: Ask = <T>(method: string, path: string, body?: object) => {
    const request = `${method} ${path}`;
    asked.push(body ? `${request} ${JSON.stringify(body)}` : request);
    const answer = answers[request];
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer as T);
  };
  return { ask, asked };
}

const problem = (status: number, code = "x") => new ProblemError({ status, code, message: `problem ${status}` });
const view = (registration: object) => ({
  registration: { source: { kind: "webcam" }, labels: {}, pipeline: [], ...registration },
});
const mine = { id: "a b", pipeline: [{ model: "m" }] };

Deno.test("a stream that is missing is made, as one that goes by itself", async () => {
  const { ask, asked } = server({ "GET /api/v1/streams/a%20b": problem(404, "not_found") });
  await ensureOwnStream(mine, ask);
  assert.deepEqual(asked, [
    "GET /api/v1/streams/a%20b",
    'POST /api/v1/streams {"id":"a b","source":{"kind":"webcam"},"pipeline":[{"model":"m"}],"labels":{"guest":"webcam"}}',
  ]);
});

Deno.test("one that was made here gets the pipeline that is wanted now, and no other is touched", async () => {
  const guest = { labels: { guest: "webcam" }, pipeline: [{ model: "old" }] };
  const changed = server({ "GET /api/v1/streams/a%20b": view(guest) });
  await ensureOwnStream(mine, changed.ask);
  assert.deepEqual(changed.asked.slice(1), ['PATCH /api/v1/streams/a%20b {"pipeline":[{"model":"m"}]}']);
  const completed = { ...guest, pipeline: [{ model: "m", margin: 0 }] };
  for (const registration of [completed, { pipeline: [{ model: "old" }] }]) {
    const { ask, asked } = server({ "GET /api/v1/streams/a%20b": view(registration) });
    await ensureOwnStream(mine, ask);
    assert.equal(asked.length, 1);
  }
});

Deno.test("what the server will not have is told from what may go better the next time", async () => {
  const path = "GET /api/v1/streams/a%20b";
  await assert.rejects(
    ensureOwnStream(mine, server({ [path]: view({ source: { kind: "rtsp" } }) }).ask),
    SenderRefused,
  );
  for (const status of [400, 401, 403, 422]) {
    await assert.rejects(ensureOwnStream(mine, server({ [path]: problem(status) }).ask), SenderRefused, `${status}`);
  }
  for (const status of [0, 408, 409, 429, 500, 503]) {
    await assert.rejects(ensureOwnStream(mine, server({ [path]: problem(status) }).ask), ProblemError, `${status}`);
  }
  const fault = new ProblemError({
    status: 422,
    code: "invalid",
    message: "Cannot run it",
    faults: [{ path: "pipeline.0.model", message: "there is no model called m" }],
  });
  const refused = server({ [path]: problem(404), "POST /api/v1/streams": fault });
  await assert.rejects(ensureOwnStream(mine, refused.ask), { message: "Cannot run it: there is no model called m" });
});

Deno.test("a ticket is fetched where a token is needed, for this one way and as one who may send", async () => {
  const { ask, asked } = server({ "POST /api/v1/tickets": { ticket: "t+t" } });
  assert.equal(await ingestAddress("a b", { ask, token: false }), "/api/v1/ingest/a%20b");
  assert.equal(asked.length, 0);
  assert.equal(await ingestAddress("a b", { ask, token: true }), "/api/v1/ingest/a%20b?ticket=t%2Bt");
  assert.deepEqual(asked, ['POST /api/v1/tickets {"role":"operator","path":"/api/v1/ingest/a%20b"}']);
});
