import assert from "node:assert/strict";
import { ProblemError } from "../api/problem_error.ts";
import type { Ask } from "../webcam/own_stream.ts";
import { ServedStream } from "./served_stream.ts";

const registration = { id: "a b", source: { kind: "scene" }, pipeline: [{ analyzer: "pulse" }] };
const body = '{"id":"a b","source":{"kind":"scene"},"pipeline":[{"analyzer":"pulse"}],"labels":{"page":"vitals"}}';
const make = `POST /api/v1/streams ${body}`;
const problem = (status: number) => new ProblemError({ status, code: "x", message: `problem ${status}` });

/** A server that answers one after the other, and what it was asked. */
function server(...answers: unknown[]): { ask: Ask; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    ask: async <T>(method: string, path: string, body?: object) => {
      asked.push([method, path, ...body ? [JSON.stringify(body)] : []].join(" "));
      const answer = await answers.shift();
      if (answer instanceof Error) throw answer;
      return answer as T;
    },
  };
}
/** Until all that was asked is answered. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("a stream is there while it is looked at, can be played again, and is removed once", async () => {
  const { ask, asked } = server();
  const stream = new ServedStream(registration, { ask });
  await settled();
  assert.ok(stream.made.value);
  await stream.replay();
  await stream.set([{ analyzer: "motion" }]);
  stream[Symbol.dispose]();
  stream[Symbol.dispose]();
  assert.deepEqual(asked, [
    make,
    "POST /api/v1/streams/a%20b/restart",
    'PATCH /api/v1/streams/a%20b {"pipeline":[{"analyzer":"motion"}]}',
    "DELETE /api/v1/streams/a%20b",
  ]);
});

Deno.test("one that an earlier visit left behind is replaced, and what the server will not have is told", async () => {
  const again = server(problem(409));
  const stream = new ServedStream(registration, again);
  await settled();
  assert.deepEqual(again.asked, [make, "DELETE /api/v1/streams/a%20b", make]);
  assert.ok(stream.made.value);
  const refused = server(problem(403));
  using other = new ServedStream(registration, refused);
  await settled();
  assert.deepEqual([other.made.value, (other.fault.value as Error).message], [false, "problem 403"]);
  other[Symbol.dispose]();
  assert.deepEqual(refused.asked, [make], "nothing is removed that is not ours");
});

Deno.test("one that nobody wants any more when it is made is removed at once", async () => {
  const answer = Promise.withResolvers<void>();
  const { ask, asked } = server(answer.promise);
  const stream = new ServedStream(registration, { ask });
  stream[Symbol.dispose]();
  assert.deepEqual(asked, [make]);
  answer.resolve();
  await settled();
  assert.deepEqual(asked, [make, "DELETE /api/v1/streams/a%20b"]);
});
