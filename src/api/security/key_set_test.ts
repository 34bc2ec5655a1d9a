import assert from "node:assert/strict";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import { Problem } from "../problem.ts";
import { KeySet } from "./key_set.ts";
import { untilWithin } from "../../../tests/support/until.ts";

const until = (done: () => boolean) => untilWithin(20_000)(done, "what the key set was to do");

async function jwk(kid: string): Promise<JWK> {
  const { publicKey } = await generateKeyPair("ES256", { extractable: true });
  return { ...await exportJWK(publicKey), kid, alg: "ES256" };
}

const header = (kid: string) => ({ alg: "ES256", kid });

/** An issuer whose answers can be changed. */
function issuer(first: JWK[]) {
  const state = { keys: first, status: 200, body: undefined as string | undefined, fetched: 0 };
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, () => {
    state.fetched++;
    return new Response(state.body ?? JSON.stringify({ keys: state.keys }), {
      status: state.status,
      headers: state.status === 302 ? { location: "https://elsewhere.example/" } : {},
    });
  });
  const clock = { ms: 0 };
  const told: (Error | undefined)[] = [];
  const set = new KeySet({
    jwks: `http://127.0.0.1:${server.addr.port}/jwks`,
    now: () => clock.ms,
    onKeys: (failure) => told.push(failure),
  });
  return { state, clock, set, told, [Symbol.asyncDispose]: () => server.shutdown() };
}

Deno.test("keys are fetched once and kept", async () => {
  await using at = issuer([await jwk("a")]);
  await Promise.all([1, 2, 3].map(() => at.set.find(header("a"))));
  await at.set.find(header("a"));
  assert.equal(at.state.fetched, 1);
});

Deno.test("a token signed with a new key brings it in, but unknown keys do not make us ask again and again", async () => {
  await using at = issuer([await jwk("a")]);
  await at.set.find(header("a"));
  at.state.keys = [await jwk("b")];
  await assert.rejects(at.set.find(header("b")), { code: "ERR_JWKS_NO_MATCHING_KEY" });
  assert.equal(at.state.fetched, 1);
  at.clock.ms += 30_000;
  await at.set.find(header("b"));
  assert.equal(at.state.fetched, 2);
  for (let n = 0; n < 5; n++) await assert.rejects(at.set.find(header(`made-up-${n}`)));
  assert.equal(at.state.fetched, 2);
  await assert.rejects(at.set.find(header("a")), { code: "ERR_JWKS_NO_MATCHING_KEY" });
});

Deno.test("while the issuer is away, in whatever way, the keys that are known stay good", async () => {
  await using at = issuer([await jwk("a")]);
  await at.set.find(header("a"));
  const faults = [
    { status: 500 },
    { status: 302 },
    { body: "not JSON" },
    { body: '{"keys":[]}' },
    { body: '{"keys":[{"kty":7}]}' },
    { body: " ".repeat(2 * 2 ** 20) },
  ];
  for (const fault of faults) {
    Object.assign(at.state, { status: 200, body: undefined }, fault);
    const { fetched } = at.state;
    at.clock.ms += 3_600_000;
    await at.set.find(header("a"));
    // Whoever asks for a key that is not there waits for the fetch under way, and so do we.
    await assert.rejects(at.set.find(header("z")), { code: "ERR_JWKS_NO_MATCHING_KEY" });
    assert.equal(at.state.fetched, fetched + 1);
    assert.match(at.set.failure!.message, /auth\.jwt\.jwks/);
    await at.set.find(header("a"));
  }
});

Deno.test("an outage is told once, and its end, however often it is asked in between and whatever fails", async () => {
  await using at = issuer([await jwk("a")]);
  await at.set.find(header("a"));
  for (let round = 1; round <= 2; round++) {
    for (const status of [500, 503, 302]) {
      at.state.status = status;
      at.clock.ms += 3_600_000;
      await assert.rejects(at.set.find(header("z")));
    }
    at.state.status = 200;
    at.clock.ms += 3_600_000;
    await assert.rejects(at.set.find(header("z")));
    assert.deepEqual(at.told.map((failure) => failure === undefined), Array(round).fill([false, true]).flat());
  }
  assert.match(at.told[0]!.message, /the answer is 500/);
});

Deno.test("old keys are replaced behind the scenes", async () => {
  await using at = issuer([await jwk("a")]);
  await at.set.find(header("a"));
  at.state.keys = [await jwk("b")];
  at.clock.ms += 600_001;
  await at.set.find(header("a"));
  await until(() => at.state.fetched === 2);
  await at.set.find(header("b"));
  await assert.rejects(at.set.find(header("a")), { code: "ERR_JWKS_NO_MATCHING_KEY" });
});

Deno.test("before the first fetch has worked nobody can be judged, which is no fault of the asker", async () => {
  await using at = issuer([await jwk("a")]);
  at.state.status = 503;
  const unavailable = (error: unknown) => error instanceof Problem && error.code === "unavailable";
  await assert.rejects(at.set.find(header("a")), unavailable);
  at.state.status = 200;
  await assert.rejects(at.set.find(header("a")), unavailable);
  at.clock.ms += 30_000;
  await at.set.find(header("a"));
});

Deno.test("keys that the issuer's address redirects to are not taken", async () => {
  const keys = [await jwk("a")];
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    ({ url }) => url.endsWith("/moved") ? Response.json({ keys }) : Response.redirect(new URL("/moved", url)),
  );
  const set = new KeySet({ jwks: `http://127.0.0.1:${server.addr.port}/jwks`, now: () => 0 });
  await assert.rejects(set.find(header("a")), { code: "unavailable" });
});

Deno.test("a key file is read anew for a key that is not in it yet", async () => {
  const path = await Deno.makeTempFile({ prefix: "weir-jwks-" });
  try {
    await Deno.writeTextFile(path, JSON.stringify({ keys: [await jwk("a")] }));
    const clock = { ms: 0 };
    const set = new KeySet({ jwks: path, now: () => clock.ms });
    await set.find(header("a"));
    await Deno.writeTextFile(path, JSON.stringify({ keys: [await jwk("b")] }));
    clock.ms += 30_000;
    await set.find(header("b"));
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("keys are not taken from other machines without encryption", () => {
  for (const jwks of ["http://id.example/jwks", "ftp://id.example/jwks", "http://127.0.0.1.evil.example/"]) {
    assert.throws(() => new KeySet({ jwks, now: () => 0 }), /over https/);
  }
});
