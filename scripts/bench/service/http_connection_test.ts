import assert from "node:assert/strict";
import { HttpConnection } from "./http_connection.ts";

/** A server that answers every request with the next of these texts, a few bytes at a time. */
async function answering(texts: string[], use: (port: number) => Promise<void>): Promise<void> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    using connection = await listener.accept();
    const request = new Uint8Array(1024);
    for (const text of texts) {
      await connection.read(request);
      const bytes = new TextEncoder().encode(text);
      for (let at = 0; at < bytes.length; at += 7) await connection.write(bytes.subarray(at, at + 7));
    }
  })();
  await use(listener.addr.port);
  await serving;
}

const ask = new TextEncoder().encode("GET / HTTP/1.1\r\nhost: here\r\n\r\n");
const text = (body: Uint8Array) => new TextDecoder().decode(body);

Deno.test("answers are read whole, by their length or in chunks, one after the other", () =>
  answering([
    "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world",
    "HTTP/1.1 429 Too Many Requests\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nlater\r\n6\r\n maybe\r\n0\r\n\r\n",
    `HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n${"x".repeat(100_000)}`,
    "HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n",
  ], async (port) => {
    using connection = await HttpConnection.open(port);
    const first = await connection.ask(ask);
    assert.deepEqual([first.status, text(first.body)], [200, "hello world"]);
    const second = await connection.ask(ask);
    assert.deepEqual([second.status, text(second.body)], [429, "later maybe"]);
    assert.equal((await connection.ask(ask)).body.length, 100_000);
    assert.deepEqual(await connection.ask(ask), { status: 204, body: new Uint8Array() });
    await assert.rejects(connection.ask(ask), /hung up|reset|Broken pipe/);
  }));
