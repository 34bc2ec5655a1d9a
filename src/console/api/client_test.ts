import assert from "node:assert/strict";
import { call, ProblemError, session } from "./client.ts";
import { signIn, signOut } from "./session.ts";

/** A server on which each path answers in its way. */
function serve(answer: (request: Request) => Response | Promise<Response>) {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    answer,
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

async function problem(promise: Promise<unknown>): Promise<ProblemError> {
  const thrown = await promise.then(() => undefined, (error) => error);
  assert.ok(thrown instanceof ProblemError, `${thrown}`);
  return thrown;
}

Deno.test("A request carries JSON and the token, and answers what came", async () => {
  await using server = serve(async (request) =>
    Response.json({
      method: request.method,
      type: request.headers.get("content-type"),
      authorization: request.headers.get("authorization"),
      body: await request.text(),
    })
  );
  signIn("s3cret");
  try {
    assert.deepEqual(await call("POST", server.url, { a: 1 }), {
      method: "POST",
      type: "application/json",
      authorization: "Bearer s3cret",
      body: '{"a":1}',
    });
  } finally {
    signOut();
  }
  const plain = await call<{ authorization: null; type: null }>(
    "GET",
    server.url,
  );
  assert.equal(plain.authorization, null);
  assert.equal(plain.type, null);
});

Deno.test("A refusal is a problem with its code and the faults of its fields", async () => {
  const document = {
    status: 422,
    code: "invalid",
    detail: "The request does not fit",
    errors: [{ path: "source.url", message: "is missing" }, "no fault"],
  };
  await using server = serve((request) =>
    new URL(request.url).pathname === "/proxy"
      ? new Response("<h1>Bad gateway</h1>", {
        status: 502,
        headers: { "content-type": "text/html" },
      })
      : Response.json(document, {
        status: 422,
        headers: { "content-type": "application/problem+json" },
      })
  );
  const refused = await problem(call("POST", server.url, {}));
  assert.deepEqual([refused.status, refused.code, refused.message], [
    422,
    "invalid",
    "The request does not fit",
  ]);
  assert.equal(refused.faultAt("source.url"), "is missing");
  assert.equal(refused.faults.length, 1);
  const strange = await problem(call("GET", `${server.url}/proxy`));
  assert.deepEqual([strange.status, strange.code], [502, "http_502"]);
});

Deno.test("An answer that breaks off is no answer, and an aborted request ends with its reason", async () => {
  await using server = serve((request) => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"events":'));
        if (request.url.endsWith("/short")) controller.close();
      },
    });
    return new Response(body, { headers: { "content-type": "application/json" } });
  });
  assert.equal((await problem(call("GET", `${server.url}/short`))).code, "offline");
  const gone = new AbortController();
  const asked = call("GET", `${server.url}/long`, undefined, { signal: gone.signal });
  setTimeout(() => gone.abort(new Error("not wanted any more")), 50);
  await assert.rejects(asked, /not wanted any more/);
});

Deno.test("Without a server the problem says so, and a 401 asks who is there", async () => {
  let url: string;
  {
    await using server = serve(() => Response.json({ detail: "Send a token" }, { status: 401 }));
    ({ url } = server);
    assert.equal((await problem(call("GET", url))).status, 401);
    assert.equal(session.value.refused, "Send a token");
    signOut();
  }
  assert.equal((await problem(call("GET", url))).code, "offline");
  assert.equal(session.value.refused, undefined);
});
