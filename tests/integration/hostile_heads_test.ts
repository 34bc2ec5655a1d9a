import assert from "node:assert/strict";
import { GuestServer } from "../support/guest_server.ts";
import { GuestTcp, statusesIn } from "../support/guest_tcp.ts";

const HOST = "Host: 127.0.0.1\r\n";

/** Sends a text, reads to the end of the connection, answers the statuses of all answers. */
async function exchanged(port: number, text: string | Uint8Array): Promise<{ statuses: number[]; text: string }> {
  using tcp = await GuestTcp.open(port);
  await tcp.send(text);
  const answer = await tcp.end();
  return { statuses: statusesIn(answer), text: answer };
}

/** What is no HTTP: the runtime turns it away before anything of ours is asked. */
const NO_HTTP: [what: string, text: string][] = [
  ["noise", "\x00\x01\x02\xff\xfe\r\n\r\n"],
  ["another protocol", "SSH-2.0-OpenSSH_9.9\r\n\r\n"],
  ["a greeting of TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"],
  ["a version of one's own", `GET /health HTTP/3.7\r\n${HOST}\r\n`],
  ["a method with a space", `GE T /health HTTP/1.1\r\n${HOST}\r\n`],
  ["a header without a colon", `GET /health HTTP/1.1\r\n${HOST}NoColonHere\r\n\r\n`],
  ["a header whose name ends with a space", `GET /health HTTP/1.1\r\n${HOST}X-A : b\r\n\r\n`],
  ["a header with a NUL", `GET /health HTTP/1.1\r\n${HOST}X-A: b\x00c\r\n\r\n`],
  ["a header that goes on in the next line", `GET /health HTTP/1.1\r\n${HOST}X-A: b\r\n c\r\n\r\n`],
  ["a lone carriage return in a header", `GET /health HTTP/1.1\r\n${HOST}X-A: b\rX-B: c\r\n\r\n`],
  ["a thousand headers", `GET /health HTTP/1.1\r\n${HOST}${"X-A: b\r\n".repeat(1000)}\r\n`],
  ["a header of a megabyte", `GET /health HTTP/1.1\r\n${HOST}X-A: ${"b".repeat(1 << 20)}\r\n\r\n`],
  ["an address of a megabyte", `GET /${"a".repeat(1 << 20)} HTTP/1.1\r\n${HOST}\r\n`],
];

/** Two readings of where a body ends. The second request in each must never be answered as one of its own. */
const SMUGGLED = "GET /api/v1/system HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
const post = (headers: string, body: string) => `POST /api/v1/tickets HTTP/1.1\r\n${HOST}${headers}\r\n\r\n${body}`;
const JSON_TYPE = "Content-Type: application/json\r\n";
const TWO_WAYS: [what: string, text: string][] = [
  ["two lengths", post(`${JSON_TYPE}Content-Length: 2\r\nContent-Length: 55`, `{}${SMUGGLED}`)],
  ["two lengths in one header", post(`${JSON_TYPE}Content-Length: 2, 55`, `{}${SMUGGLED}`)],
  ["a length with a sign", post(`${JSON_TYPE}Content-Length: +2`, `{}${SMUGGLED}`)],
  ["a length below zero", post(`${JSON_TYPE}Content-Length: -1`, `{}${SMUGGLED}`)],
  ["a length in hexadecimal", post(`${JSON_TYPE}Content-Length: 0x2`, `{}${SMUGGLED}`)],
  [
    "a length, then an encoding",
    post(`${JSON_TYPE}Content-Length: 4\r\nTransfer-Encoding: chunked`, `0\r\n\r\n${SMUGGLED}`),
  ],
  [
    "an encoding, then a length",
    post(`${JSON_TYPE}Transfer-Encoding: chunked\r\nContent-Length: 4`, `0\r\n\r\n${SMUGGLED}`),
  ],
  ["an encoding nobody knows", post(`${JSON_TYPE}Transfer-Encoding: xchunked`, `0\r\n\r\n${SMUGGLED}`)],
  ["an encoding twice", post(`${JSON_TYPE}Transfer-Encoding: chunked\r\nTransfer-Encoding: x`, `0\r\n\r\n${SMUGGLED}`)],
  ["an encoding whose name ends with a space", post(`${JSON_TYPE}Transfer-Encoding : chunked`, `0\r\n\r\n${SMUGGLED}`)],
  ["a chunk of no number", post(`${JSON_TYPE}Transfer-Encoding: chunked`, `zz\r\n{}\r\n0\r\n\r\n${SMUGGLED}`)],
  [
    "a chunk beyond all numbers",
    post(`${JSON_TYPE}Transfer-Encoding: chunked`, `${"f".repeat(17)}\r\n{}\r\n${SMUGGLED}`),
  ],
  ["a chunk longer than it says", post(`${JSON_TYPE}Transfer-Encoding: chunked`, `1\r\n{}\r\n0\r\n\r\n${SMUGGLED}`)],
];

Deno.test("what is no HTTP is turned away and its connection ended, and the next one is answered as ever", async () => {
  await using server = await GuestServer.start();
  for (const [what, text] of NO_HTTP) {
    const { statuses } = await exchanged(server.port, Uint8Array.from(text, (char) => char.charCodeAt(0)));
    assert.ok(
      statuses.length <= 1 && statuses.every((status) => status >= 400 && status < 500),
      `${what}: ${statuses}`,
    );
    assert.deepEqual(await server.ask("GET", "/health"), { status: "ok" }, what);
  }
});

Deno.test("a body whose end can be read in two ways ends its connection, and is never two requests", async () => {
  await using server = await GuestServer.start();
  for (const [what, text] of TWO_WAYS) {
    const { statuses, text: answer } = await exchanged(server.port, text);
    assert.ok(statuses.length <= 1, `${what}: ${statuses}`);
    assert.doesNotMatch(answer, /"supervision"/, what);
  }
});

Deno.test("what follows a body in pieces is the next request, whatever became of the first", async () => {
  await using server = await GuestServer.start();
  const next = `GET /health HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`;
  const chunked = "Transfer-Encoding: chunked\r\n\r\n";
  const firsts: [status: number, text: string][] = [
    [201, `POST /api/v1/tickets HTTP/1.1\r\n${HOST}${JSON_TYPE}${chunked}2\r\n{}\r\n0\r\n\r\n`],
    [422, `POST /api/v1/tickets HTTP/1.1\r\n${HOST}${JSON_TYPE}${chunked}0\r\n\r\n`],
    [404, `POST /nope HTTP/1.1\r\n${HOST}${chunked}0\r\n\r\n`],
    [400, `GET /health HTTP/1.1\r\n${HOST}${chunked}2\r\n{}\r\n0\r\n\r\n`],
  ];
  for (const [status, first] of firsts) {
    assert.deepEqual((await exchanged(server.port, first + next)).statuses, [status, 200], first);
  }
});

Deno.test("headers that are too large, and addresses that are too long, are told so and counted", async () => {
  await using server = await GuestServer.start();
  const large = { "x-a": "b".repeat(40_000) };
  for (const path of ["/health", "/api/v1/streams", "/nope"]) {
    const response = await fetch(server.url + path, { headers: large });
    assert.deepEqual([response.status, (await response.json()).code], [431, "headers_too_large"], path);
  }
  const address = await fetch(`${server.url}/api/v1/streams?state=${"a".repeat(20_000)}`);
  assert.deepEqual([address.status, (await address.json()).code], [414, "address_too_long"]);
  assert.deepEqual([await server.answered(431), await server.answered(414)], [3, 1]);
  const most = await fetch(`${server.url}/health`, { headers: { "x-a": "b".repeat(30_000) } });
  assert.deepEqual(await most.json(), { status: "ok" });
});

Deno.test("many requests in one breath are answered one after the other, each as itself", async () => {
  await using server = await GuestServer.start();
  const one = `GET /health HTTP/1.1\r\n${HOST}\r\n`;
  const last = `GET /nope HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`;
  const { statuses } = await exchanged(server.port, one.repeat(200) + last);
  assert.deepEqual(statuses, [...Array(200).fill(200), 404]);
});
