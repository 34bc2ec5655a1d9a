import assert from "node:assert/strict";
import { addressKey, hostOf, isLoopback } from "./hosts.ts";

Deno.test("a host is read without its port, and what is none is none", () => {
  const good = [["Example.org:80", "example.org"], ["[::1]:8080", "::1"], ["10.0.0.1", "10.0.0.1"], [
    "a_b.lan.",
    "a_b.lan",
  ]];
  for (const [text, host] of good) assert.equal(hostOf(text), host);
  for (const text of ["", "a b", "a@b", "a/b", "a:b", "a:123456", "[::1", "::1", "a, b", "[x]", "a?b", "a#b", "a\\b"]) {
    assert.equal(hostOf(text), undefined, text);
  }
});

Deno.test("this machine is known by every address that can only be it", () => {
  for (const host of ["localhost", "LOCALHOST", "127.0.0.1", "127.255.0.9", "::1", "[::1]"]) {
    assert.ok(isLoopback(host));
  }
  for (const host of ["127.0.0.1.example", "127.1", "0.0.0.0", "::", "10.0.0.1", "localhost.example", ""]) {
    assert.ok(!isLoopback(host), host);
  }
});

Deno.test("whoever has a network of IPv6 counts once", () => {
  assert.equal(addressKey("10.0.0.1"), "10.0.0.1");
  assert.equal(addressKey("::ffff:10.0.0.1"), "10.0.0.1");
  assert.equal(addressKey("2001:db8::1"), addressKey("2001:db8::ffff:1:2:3"));
  assert.notEqual(addressKey("2001:db8::1"), addressKey("2001:db8:0:1::1"));
  assert.equal(addressKey("fe80::1%eth0"), addressKey("fe80::2"));
  assert.equal(addressKey("unknown"), "unknown");
});
