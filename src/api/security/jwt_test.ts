import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from "jose";
import { authSchema } from "../../../config/server_schema.ts";
import { Problem } from "../problem.ts";
import { Jwt } from "./jwt.ts";

const SECRET = "a secret of thirty-two characters or more";

function jwtWith(options: Record<string, unknown>): Jwt {
  return new Jwt(authSchema.parse({ jwt: options }).jwt!, { now: () => 0 });
}

interface Signing {
  alg: string;
  key: CryptoKey | Uint8Array;
  kid?: string;
  claims?: Record<string, unknown>;
  expires?: string | number | Date;
}

function sign({ alg, key, kid, claims = { role: "operator" }, expires = "5m" }: Signing): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg, ...(kid && { kid }) }).setSubject("ann")
    .setExpirationTime(expires).sign(key);
}

const secret = new TextEncoder().encode(SECRET);
const hs256 = (claims?: Record<string, unknown>, expires?: Signing["expires"]) =>
  sign({ alg: "HS256", key: secret, ...(claims && { claims }), ...(expires !== undefined && { expires }) });

async function withKeys(keys: JWK[], use: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile({ prefix: "weir-jwks-", suffix: ".json" });
  try {
    await Deno.writeTextFile(path, JSON.stringify({ keys }));
    await use(path);
  } finally {
    await Deno.remove(path);
  }
}

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

Deno.test("a token signed with the secret is believed", async () => {
  const exp = Math.floor(Date.now() / 1000) + 300;
  assert.deepEqual(await jwtWith({ secret: SECRET }).identify(await hs256({ role: "operator" }, exp)), {
    subject: "ann",
    role: "operator",
    // As long as it is believed, which is a little longer than it says.
    expiresAtMs: (exp + 10) * 1000,
  });
});

Deno.test("tokens that are expired, not yet valid or eternal are not believed; a clock may be a little off", async () => {
  const jwt = jwtWith({ secret: SECRET });
  const now = Math.floor(Date.now() / 1000);
  assert.equal(await jwt.identify(await hs256(undefined, now - 60)), undefined);
  assert.equal(await jwt.identify(await hs256({ role: "admin", nbf: now + 600 })), undefined);
  assert.ok(await jwt.identify(await hs256({ role: "admin", nbf: now + 5 })));
  const eternal = await new SignJWT({ role: "admin" }).setProtectedHeader({ alg: "HS256" }).sign(secret);
  assert.equal(await jwt.identify(eternal), undefined);
});

Deno.test("a token that was tampered with or signed with another secret is not believed", async () => {
  const jwt = jwtWith({ secret: SECRET });
  const [header, , signature] = (await hs256()).split(".");
  const claims = part({ sub: "ann", role: "admin", exp: Math.floor(Date.now() / 1000) + 300 });
  assert.equal(await jwt.identify(`${header}.${claims}.${signature}`), undefined);
  assert.equal(
    await jwt.identify(await sign({ alg: "HS256", key: new TextEncoder().encode(`${SECRET}!`) })),
    undefined,
  );
  for (const text of ["a.b.c", "..", `${header}.${claims}.`, `${header}..${signature}`]) {
    assert.equal(await jwt.identify(text), undefined, text);
  }
});

Deno.test("a token without a signature is not believed, however it spells that", async () => {
  const claims = part({ sub: "eve", role: "admin", exp: Math.floor(Date.now() / 1000) + 300 });
  const { publicKey } = await generateKeyPair("ES256", { extractable: true });
  await withKeys([{ ...await exportJWK(publicKey), kid: "1" }], async (jwks) => {
    for (const options of [{ secret: SECRET }, { jwks }]) {
      for (const alg of ["none", "None", "NONE", "nOnE", "", null, undefined]) {
        const token = `${part({ alg, kid: "1" })}.${claims}.`;
        assert.equal(await jwtWith(options).identify(token), undefined, `${alg}`);
      }
    }
  });
});

Deno.test("RS256, ES256 and EdDSA tokens are believed by the keys of a file", async () => {
  for (const alg of ["RS256", "ES256", "EdDSA"]) {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    const other = await generateKeyPair(alg, { extractable: true });
    await withKeys([{ ...await exportJWK(publicKey), kid: "k", alg }], async (jwks) => {
      const jwt = jwtWith({ jwks });
      const believed = await jwt.identify(await sign({ alg, key: privateKey, kid: "k" }));
      assert.deepEqual([believed?.subject, believed?.role], ["ann", "operator"], alg);
      assert.equal(await jwt.identify(await sign({ alg, key: other.privateKey, kid: "k" })), undefined, alg);
      assert.equal(await jwt.identify(await sign({ alg, key: privateKey, kid: "unknown" })), undefined, alg);
    });
  }
});

Deno.test("a public key is never taken for a shared secret, nor a shared one out of a key set", async () => {
  const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
  const pem = new TextEncoder().encode(await exportSPKI(publicKey));
  const jwk = { ...await exportJWK(publicKey), kid: "k" };
  const shared = { kty: "oct", k: Buffer.from(SECRET).toString("base64url"), kid: "s" };
  await withKeys([jwk, shared], async (jwks) => {
    const jwt = jwtWith({ jwks });
    for (const key of [pem, new TextEncoder().encode(JSON.stringify(jwk)), new TextEncoder().encode(jwk.n)]) {
      assert.equal(await jwt.identify(await sign({ alg: "HS256", key, kid: "k" })), undefined);
    }
    assert.equal(await jwt.identify(await sign({ alg: "HS256", key: secret, kid: "s" })), undefined);
    assert.ok(await jwt.identify(await sign({ alg: "RS256", key: privateKey, kid: "k" })));
  });
  assert.equal(await jwtWith({ secret: SECRET }).identify(await sign({ alg: "RS256", key: privateKey })), undefined);
});

Deno.test("a key that a token carries itself is not used", async () => {
  const { publicKey } = await generateKeyPair("ES256", { extractable: true });
  const own = await generateKeyPair("ES256", { extractable: true });
  await withKeys([{ ...await exportJWK(publicKey), kid: "k" }], async (jwks) => {
    const token = await new SignJWT({ role: "admin" })
      .setProtectedHeader({ alg: "ES256", kid: "k", jwk: await exportJWK(own.publicKey), jku: "https://evil.example" })
      .setExpirationTime("5m").sign(own.privateKey);
    assert.equal(await jwtWith({ jwks }).identify(token), undefined);
  });
});

Deno.test("a token that names no key is tried with each that fits", async () => {
  const pairs = await Promise.all([1, 2, 3].map(() => generateKeyPair("ES256", { extractable: true })));
  const keys = await Promise.all(pairs.slice(0, 2).map(({ publicKey }) => exportJWK(publicKey)));
  await withKeys(keys, async (jwks) => {
    const jwt = jwtWith({ jwks });
    for (const { privateKey } of pairs.slice(0, 2)) {
      assert.ok(await jwt.identify(await sign({ alg: "ES256", key: privateKey })));
    }
    assert.equal(await jwt.identify(await sign({ alg: "ES256", key: pairs[2].privateKey })), undefined);
  });
});

Deno.test("issuer and audience count when they are configured", async () => {
  const jwt = jwtWith({ secret: SECRET, issuer: "https://id.example", audience: "weir" });
  const good = { role: "viewer", iss: "https://id.example", aud: ["other", "weir"] };
  assert.ok(await jwt.identify(await hs256(good)));
  const wrong = [{ ...good, iss: "https://evil.example" }, { ...good, aud: "other" }, { role: "viewer" }];
  for (const claims of wrong) assert.equal(await jwt.identify(await hs256(claims)), undefined);
});

Deno.test("the role is the highest that the claim names, by its name or by a path", async () => {
  const cases: [string | undefined, Record<string, unknown>, string][] = [
    [undefined, { role: "admin" }, "admin"],
    ["groups", { groups: ["staff", "viewer", "operator"] }, "operator"],
    ["realm_access.roles", { realm_access: { roles: ["viewer"] } }, "viewer"],
    ["https://weir.example/role", { "https://weir.example/role": "viewer" }, "viewer"],
  ];
  for (const [roleClaim, claims, role] of cases) {
    const jwt = jwtWith({ secret: SECRET, ...(roleClaim && { roleClaim }) });
    assert.equal((await jwt.identify(await hs256(claims)))?.role, role);
  }
});

Deno.test("a good token without a role that there is lets nobody in", async () => {
  const jwt = jwtWith({ secret: SECRET });
  for (const role of [undefined, "root", "ADMIN", "", 7, null, { admin: true }, ["superuser"], "public"]) {
    await assert.rejects(
      hs256({ role }).then((token) => jwt.identify(token)),
      (error) => error instanceof Problem && error.code === "role" && /"role"/.test(error.message),
    );
  }
  const inherited = jwtWith({ secret: SECRET, roleClaim: "constructor.name" });
  await assert.rejects(inherited.identify(await hs256({})), /holds none of the roles/);
});

Deno.test("a subject cannot forge lines of a log", async () => {
  const token = await new SignJWT({ role: "viewer" }).setProtectedHeader({ alg: "HS256" })
    .setSubject(`eve\n${"x".repeat(500)}`).setExpirationTime("5m").sign(secret);
  const { subject } = (await jwtWith({ secret: SECRET }).identify(token))!;
  assert.equal(subject.length, 128);
  assert.ok(subject.startsWith("evex"));
});
