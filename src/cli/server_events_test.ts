import assert from "node:assert/strict";
import { serverEvents } from "./server_events.ts";

/** The events in a text that comes in pieces of so many bytes. */
async function eventsIn(text: string, piece: number): Promise<{ type: string; data: string }[]> {
  const bytes = new TextEncoder().encode(text);
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += piece) controller.enqueue(bytes.slice(at, at + piece));
      controller.close();
    },
  });
  return await Array.fromAsync(serverEvents(body));
}

Deno.test("events are read whole, however they are cut", async () => {
  const text =
    ': hello\n\nevent: result\nid: 7\ndata: {"pts":1.5,"név":"ő"}\n\nevent:state\ndata:a\ndata: b\r\n\r\ndata\n\n\n';
  const expected = [
    { type: "result", data: '{"pts":1.5,"név":"ő"}' },
    { type: "state", data: "a\nb" },
  ];
  for (const piece of [1, 2, 3, 7, 1000]) assert.deepEqual((await eventsIn(text, piece)).slice(0, 2), expected);
});

Deno.test("what has no end of its own is no event", async () => {
  assert.deepEqual(await eventsIn("event: result\ndata: half", 5), []);
});
