import assert from "node:assert/strict";
import process from "node:process";
import { type Answered, Live, Upgrade } from "../../src/api/http/exchange.ts";
import { Listener, type ListenerLimits, type ListenerOptions } from "../../src/api/http/listener.ts";
import { problemResponse } from "../../src/api/problem.ts";
import { GuestTcp, statusesIn } from "../support/guest_tcp.ts";
import { selfSignedCertificate } from "../support/rtsp_certificate.ts";
import { until } from "../support/until.ts";

const GET = "GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

/** A listener that answers every request in one way. */
function listening(
  limits: Partial<ListenerLimits> = {},
  answer: (request: Request) => Answered | Promise<Answered> = () => new Response("well"),
  more: Partial<ListenerOptions> = {},
): Promise<Listener> {
  const api = {
    answer: async (request: Request) => await answer(request),
    refuse: (problem: Parameters<typeof problemResponse>[0]) => problemResponse(problem, "urn:test"),
  };
  return Listener.start({ api, hostname: "127.0.0.1", port: 0, limits, ...more });
}

Deno.test("whoever says nothing is left, before a first request without a word and after an answer in time", async () => {
  await using listener = await listening({ headMs: 300, idleMs: 300 });
  using silent = await GuestTcp.open(listener.port);
  assert.equal(await silent.end(), "");
  using idle = await GuestTcp.open(listener.port);
  await idle.send(GET);
  assert.deepEqual(statusesIn(await idle.end()), [200]);
  assert.deepEqual([listener.figures.ended.silent, listener.figures.ended.idle], [1, 1]);
  await until(() => listener.figures.open === 0, "no connection is held");
});

Deno.test("there are as many connections as there may be, and whoever comes beyond is told why", async () => {
  for (
    const [limits, status, code, why] of [
      [{ connections: 3 }, 503, "unavailable", "crowded"],
      [{ connectionsPerAddress: 3 }, 429, "too_many", "crowded_address"],
    ] as const
  ) {
    await using listener = await listening(limits);
    const guests = await Promise.all([1, 2, 3].map(() => GuestTcp.open(listener.port)));
    await until(() => listener.figures.open === 3, "all are in");
    {
      using beyond = await GuestTcp.open(listener.port);
      await beyond.send(GET);
      const answer = await beyond.end();
      assert.deepEqual(statusesIn(answer), [status]);
      assert.match(answer, new RegExp(`"code":"${code}"`));
      assert.match(answer, /retry-after: 5/i);
      assert.equal(listener.figures.ended[why], 1);
    }
    guests[0][Symbol.dispose]();
    await until(() => listener.figures.open === 2, "there is room again");
    await guests[1].send(GET);
    await guests[1].until((text) => text.includes("well"));
    using next = await GuestTcp.open(listener.port);
    await next.send(GET);
    await next.until((text) => text.includes("well"));
    for (const guest of guests.slice(1)) guest[Symbol.dispose]();
  }
});

Deno.test("what a client goes on saying after it was turned away reaches no other connection", async () => {
  await using listener = await listening();
  for (let round = 0; round < 30; round++) {
    using broken = await GuestTcp.open(listener.port);
    await broken.send("\x00\x01\r\n\r\n");
    await broken.until((text) => text.startsWith("HTTP/1.1 400 "));
    using next = await GuestTcp.open(listener.port);
    await next.send("GET /a HT");
    await broken.send("more of it\r\n\r\n");
    await next.send("TP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    await broken.send("and more\r\n\r\n");
    assert.deepEqual(statusesIn(await next.end()), [200], `round ${round}`);
  }
  assert.equal(listener.figures.ended.malformed, 30);
});

Deno.test("an answer as a whole says its length, one that goes on comes in pieces, and one that fails is cut off", async () => {
  const encoder = new TextEncoder();
  const parts = (fail: boolean) => {
    let count = 0;
    return new ReadableStream({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (count++ < 3) controller.enqueue(encoder.encode(`part ${count} `));
        else if (fail) controller.error(new Error("It broke"));
        else controller.close();
      },
    });
  };
  const answers: Record<string, () => Answered> = {
    whole: () => new Response("whole"),
    none: () => new Response(null, { status: 204 }),
    parts: () => new Response(parts(false)),
    counted: () => new Response(parts(false), { headers: { "content-length": "21" } }),
    broken: () => new Response(parts(true)),
    live: () =>
      new Live(new Response(null), (sink) => {
        for (const word of ["part 1 ", "part 2 ", "part 3 "]) sink.write(encoder.encode(word));
        return Promise.resolve();
      }),
    lost: () => new Live(new Response(null), () => Promise.reject(new Error("It broke"))),
  };
  await using listener = await listening({}, ({ url }) => answers[new URL(url).pathname.slice(1)]());
  const ask = (path: string) => fetch(`${listener.url}/${path}`);
  const whole = await ask("whole");
  assert.deepEqual([whole.headers.get("content-length"), await whole.text()], ["5", "whole"]);
  assert.equal((await ask("none")).headers.get("content-length"), null);
  for (const path of ["parts", "live", "counted"]) {
    const answer = await ask(path);
    assert.equal(answer.headers.get("content-length"), path === "counted" ? "21" : null);
    assert.equal(await answer.text(), "part 1 part 2 part 3 ", path);
  }
  await assert.rejects(async () => await (await ask("broken")).text());
  await assert.rejects(async () => await (await ask("lost")).text());
  using old = await GuestTcp.open(listener.port);
  await old.send("GET /parts HTTP/1.0\r\n\r\n");
  const text = await old.end();
  assert.doesNotMatch(text, /transfer-encoding/i);
  assert.ok(text.endsWith("\r\n\r\npart 1 part 2 part 3 "), text);
});

Deno.test("a kept connection takes one request after the other, bodies that nobody read between them", async () => {
  const warnings: string[] = [];
  const warn = (warning: Error) => void warnings.push(warning.message);
  process.on("warning", warn);
  try {
    await using listener = await listening();
    using tcp = await GuestTcp.open(listener.port);
    for (let asked = 1; asked <= 30; asked++) {
      await tcp.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n");
      await tcp.until((text) => statusesIn(text).length === asked);
      await tcp.send("body");
    }
    assert.deepEqual(statusesIn(tcp.text), Array(30).fill(200));
    assert.deepEqual([listener.figures.open, listener.figures.ended.body_left], [1, 0]);
    assert.deepEqual(warnings, []);
  } finally {
    process.off("warning", warn);
  }
});

Deno.test("a client that leaves ends what is being written for it, and one that reads nothing is left", async () => {
  let left = 0;
  const endless = () =>
    new Response(
      new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
        cancel: () => void left++,
      }),
    );
  {
    await using listener = await listening({}, endless);
    {
      using tcp = await GuestTcp.open(listener.port);
      await tcp.send(GET);
      await tcp.until((text) => text.length > 100_000);
    }
    await until(() => left === 1, "its answer is ended");
    assert.equal(listener.figures.ended.stuck, 0);
  }
  await using listener = await listening({ stuckMs: 300 }, endless);
  using deaf = await GuestTcp.open(listener.port);
  await deaf.send(GET);
  await until(() => left === 2, "it is left");
  assert.equal(listener.figures.ended.stuck, 1);
});

Deno.test("over TLS the same holds: who is slow or silent is left, and who agrees to nothing", async () => {
  const tls = selfSignedCertificate();
  const socket = new Upgrade(
    (opened) => opened.listen({ text: (text) => opened.send(text), bytes() {}, closed() {} }),
    99,
  );
  const answer = ({ url }: Request) => url.endsWith("/ws") ? socket : new Response(new URL(url).protocol);
  await using listener = await listening({ headMs: 4000, pingMs: 1000 }, answer, { tls });
  assert.match(listener.url, /^https:/);
  {
    using tcp = await GuestTcp.openSecure(listener.port, tls.cert);
    await tcp.send(GET);
    await tcp.until((text) => text.endsWith("https:"));
  }
  {
    using tcp = await GuestTcp.openSecure(listener.port, tls.cert);
    await tcp.send("GET /a HTTP/1.1\r\nX-Slow: a");
    assert.deepEqual(statusesIn(await tcp.end()), [408]);
  }
  {
    using tcp = await GuestTcp.openSecure(listener.port, tls.cert);
    await tcp.send(
      "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    assert.deepEqual(statusesIn(await tcp.end()), [101]);
  }
  using silent = await GuestTcp.open(listener.port);
  assert.equal(await silent.end(), "");
  using plain = await GuestTcp.open(listener.port);
  await plain.send(GET);
  await plain.end();
  await until(() => listener.figures.open === 0, "no connection is held");
  const { slow_head, no_pong, handshake } = listener.figures.ended;
  assert.deepEqual({ slow_head, no_pong, handshake }, { slow_head: 1, no_pong: 1, handshake: 2 });
});

Deno.test("who knocks at the door to see whether it opens is nobody's connection, and no failure of TLS", async () => {
  for (const tls of [undefined, selfSignedCertificate()]) {
    await using listener = await listening({}, undefined, { knockMs: 1, ...(tls && { tls }) });
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { ended } = listener.figures;
    assert.deepEqual(ended, Object.fromEntries(Object.keys(ended).map((why) => [why, 0])));
    await until(() => listener.figures.open === 0, "none of them is held");
  }
});
