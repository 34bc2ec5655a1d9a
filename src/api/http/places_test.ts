import assert from "node:assert/strict";
import { Places } from "./places.ts";

Deno.test("places are counted in all and by address, and given back once however often that is said", () => {
  const places = new Places({ all: 3, ofOne: 2 });
  const [first, second] = [places.take("10.0.0.1"), places.take("::ffff:10.0.0.1")];
  assert.ok(typeof first === "function" && typeof second === "function");
  assert.equal(places.take("10.0.0.1"), "crowded_address");
  const other = places.take("10.0.0.2");
  assert.ok(typeof other === "function");
  assert.equal(places.take("10.0.0.3"), "crowded");
  first();
  first();
  assert.equal(places.taken, 2);
  assert.ok(typeof places.take("10.0.0.1") === "function");
});

Deno.test("an address that stands for many is counted in all only", () => {
  const places = new Places({ all: 3, ofOne: 1, isMany: (address) => address === "10.0.0.1" });
  for (let taken = 0; taken < 3; taken++) assert.ok(typeof places.take("10.0.0.1") === "function");
  assert.equal(places.take("10.0.0.1"), "crowded");
});

Deno.test("of IPv6 a whole network counts as one address", () => {
  const places = new Places({ all: 10, ofOne: 1 });
  assert.ok(typeof places.take("2001:db8::1") === "function");
  assert.equal(places.take("2001:db8::2"), "crowded_address");
  assert.ok(typeof places.take("2001:db8:0:1::1") === "function");
});
