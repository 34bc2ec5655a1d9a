import assert from "node:assert/strict";
import { Proxies } from "./proxies.ts";

function clientOf(said: string | undefined, peer = "127.0.0.1"): string {
  const proxies = new Proxies(["127.0.0.1", "10.0.0.0/8"]);
  const headers: HeadersInit = said === undefined ? {} : { "x-forwarded-for": said };
  return proxies.clientOf(new Request("http://localhost/", { headers }), peer);
}

Deno.test("a proxy says whom it speaks for, and so does the one before it", () => {
  assert.equal(clientOf("203.0.113.7"), "203.0.113.7");
  assert.equal(clientOf("203.0.113.7", "::ffff:127.0.0.1"), "203.0.113.7");
  assert.equal(clientOf("203.0.113.7, 10.1.2.3"), "203.0.113.7");
  assert.equal(clientOf("203.0.113.7:4711"), "203.0.113.7");
  assert.equal(clientOf("[2001:db8::7]:4711"), "2001:db8::7");
  assert.equal(clientOf("2001:db8::7"), "2001:db8::7");
});

Deno.test("what a client writes itself counts for nothing", () => {
  assert.equal(clientOf("198.51.100.1, 203.0.113.7"), "203.0.113.7");
  assert.equal(clientOf("127.0.0.1, 203.0.113.7, 10.1.2.3"), "203.0.113.7");
  assert.equal(clientOf("198.51.100.1", "203.0.113.7"), "203.0.113.7");
});

Deno.test("without a word, or with one that is no address, it is the nearest that is known", () => {
  assert.equal(clientOf(undefined), "127.0.0.1");
  assert.equal(clientOf(""), "127.0.0.1");
  assert.equal(clientOf("unknown"), "127.0.0.1");
  assert.equal(clientOf("203.0.113.7, _hidden, 10.1.2.3"), "10.1.2.3");
  assert.equal(clientOf("10.1.2.3, 10.1.2.4"), "10.1.2.3");
});
