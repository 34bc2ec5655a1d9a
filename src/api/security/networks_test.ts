import assert from "node:assert/strict";
import { serverSchema } from "../../../config/server_schema.ts";
import { Networks } from "./networks.ts";

Deno.test("a configuration says addresses and networks, and nothing that only looks like them", () => {
  const proxies = (text: string) => serverSchema.safeParse({ proxies: [text] });
  for (const good of ["10.0.0.7", "10.0.0.0/8", "0.0.0.0/0", "::1", "fd00::/8", "::/0"]) {
    assert.ok(proxies(good).success, good);
    new Networks([good]);
  }
  for (const bad of ["", "localhost", "10.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8/8", "::1/129", "10.0.0.0/-1"]) {
    assert.match(proxies(bad).error?.message ?? "", /give an IP address or a network/, bad);
  }
});

Deno.test("an address is found by itself and by its network, also where IPv4 comes over IPv6", () => {
  const networks = new Networks(["127.0.0.1", "10.1.0.0/16", "fd00::/8"]);
  for (const inside of ["127.0.0.1", "::ffff:127.0.0.1", "10.1.255.255", "fd12::1", "fd12::1%eth0"]) {
    assert.ok(networks.has(inside), inside);
  }
  for (const outside of ["127.0.0.2", "10.2.0.0", "fe80::1", "::1", "localhost", ""]) {
    assert.ok(!networks.has(outside), outside);
  }
  assert.ok(!new Networks([]).has("127.0.0.1"));
});
