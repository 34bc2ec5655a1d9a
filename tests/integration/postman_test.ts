import assert from "node:assert/strict";
import { collectionOf, keptCollection } from "../../scripts/postman.ts";
import { ServedWeir } from "../support/served_weir.ts";

interface Item {
  name: string;
  request: { method: string; url: { path: string[]; variable?: unknown[] }; body?: { raw?: string } };
}

Deno.test("the Postman collection is the API's: kept as it would be made now, and its requests are understood", async () => {
  await using weir = await ServedWeir.start();
  const kept = await keptCollection();
  assert.equal(kept, await collectionOf(weir.url), "out of date: deno task postman");
  const items: Item[] = JSON.parse(kept).item.flatMap(({ item }: { item: Item[] }) => item);
  assert.ok(items.length > 20);
  const plain = items.filter(({ request }) => request.method === "GET" && !request.url.variable);
  const ended = plain.filter(({ request }) => !/events|stream$|ws$/.test(request.url.path.join("/")));
  for (const { name, request } of ended) {
    const { status, body } = await fetch(`${weir.url}/${request.url.path.join("/")}`);
    await body?.cancel();
    // A server without streams and without a media root has a reason to say no, but not to be astonished.
    assert.ok(status < 500 || request.url.path[0] === "ready", `${name}: ${status}`);
  }
  const register = items.find(({ request }) =>
    request.method === "POST" && request.url.path.join("/") === "api/v1/streams"
  );
  const { id } = JSON.parse(register!.request.body!.raw!);
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: register!.request.body!.raw };
  await weir.json("/api/v1/streams", init);
  assert.equal((await weir.json(`/api/v1/streams/${id}`)).id, id);
});
