import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { authorization } from "./authorization.ts";

const md5 = (text: string) => createHash("md5").update(text).digest("hex");

Deno.test("Digest without quality of protection answers as RFC 2069 does", () => {
  const asker = { username: "Mufasa", password: "CircleOfLife", method: "GET", uri: "/dir/index.html" };
  const challenge =
    'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9"';
  const answer = authorization([challenge], asker)!;
  assert.match(answer, /response="1949323746fe6a43ef61f9606e7febea"/);
  assert.match(answer, /opaque="5ccc069c403ebaf9"/);
});

Deno.test("Digest with quality of protection proves itself with a nonce of its own", () => {
  const asker = { username: "u", password: "p", method: "DESCRIBE", uri: "rtsp://cam/1" };
  const answer = authorization(['Digest qop="auth,auth-int", realm="r", nonce="n", algorithm=MD5'], asker)!;
  const cnonce = /cnonce="([^"]+)"/.exec(answer)?.[1];
  const expected = md5(`${md5("u:r:p")}:n:00000001:${cnonce}:auth:${md5("DESCRIBE:rtsp://cam/1")}`);
  assert.match(answer, new RegExp(`response="${expected}"`));
  assert.match(answer, /qop=auth, nc=00000001/);
});

Deno.test("SHA-256 is answered, other algorithms and integrity protection are not", () => {
  const asker = { username: "u", password: "p", method: "GET", uri: "/" };
  assert.match(authorization(['Digest realm="r", nonce="n", algorithm=SHA-256'], asker)!, /response="[0-9a-f]{64}"/);
  assert.equal(authorization(['Digest realm="r", nonce="n", algorithm=SHA-512-256'], asker), undefined);
  assert.equal(authorization(['Digest realm="r", nonce="n", qop="auth-int"'], asker), undefined);
  const second = 'Digest realm="second", nonce="n"';
  assert.match(authorization(['Digest realm="r", nonce="n", algorithm=X', second], asker)!, /realm="second"/);
});

Deno.test("Digest is preferred, Basic is taken when there is nothing else, in UTF-8", () => {
  const asker = { username: "käthe", password: "p:w", method: "GET", uri: "/" };
  const both = ['Basic realm="r"', 'Digest realm="r", nonce="n"'];
  assert.match(authorization(both, asker)!, /^Digest /);
  assert.equal(authorization(['Basic realm="r"'], asker), "Basic a8OkdGhlOnA6dw==");
  assert.equal(authorization(['Digest realm="r", nonce="n", algorithm=X', "Basic"], asker), "Basic a8OkdGhlOnA6dw==");
  assert.equal(authorization(["Negotiate"], asker), undefined);
  assert.equal(authorization([], asker), undefined);
});

Deno.test("quotes in a name do not end the header's field", () => {
  const asker = { username: 'a"b\\c', password: "p", method: "GET", uri: "/" };
  assert.match(authorization(['Digest realm="r", nonce="n"'], asker)!, /username="a\\"b\\\\c", realm/);
});
