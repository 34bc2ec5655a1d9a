import assert from "node:assert/strict";
import { parseRtspReply } from "./rtsp_reply.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const parse = (text: string) => parseRtspReply(bytes(text));

Deno.test("an answer is read once it is all there", () => {
  const whole = "RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 5\r\n\r\nv=0\r\n";
  for (let length = 0; length < whole.length; length++) assert.equal(parse(whole.slice(0, length)), undefined);
  assert.deepEqual(parse(whole), { status: 200, reason: "OK", location: "", challenges: [], body: "v=0\r\n" });
});

Deno.test("status, place and every challenge are found, whatever the case of their names", () => {
  const reply = parse(
    'RTSP/1.0 302 Moved\r\nLOCATION:  rtsp://cam/2 \r\nwww-authenticate: Basic realm="a"\r\nWWW-Authenticate: Digest realm="b"\r\n\r\n',
  )!;
  assert.equal(reply.status, 302);
  assert.equal(reply.location, "rtsp://cam/2");
  assert.deepEqual(reply.challenges, ['Basic realm="a"', 'Digest realm="b"']);
  assert.equal(parse("RTSP/1.0 404\r\n\r\n")!.reason, "");
});

Deno.test("what is no RTSP, or too much of it, is refused", () => {
  for (
    const text of ["HTTP/1.1 200 OK\r\n\r\n", "SSH-2.0-x\r\n", "RTSP/1.0 abc\r\n\r\n", "RTSP/1.0\r\n\r\n", "\0\0\0"]
  ) {
    assert.throws(() => parse(text), SyntaxError, text);
  }
  assert.throws(() => parse("RTSP/1.0 200 OK\r\nX: " + "x".repeat(70_000)), SyntaxError);
  for (const length of ["1000000", "-1", "NaN", "1e9"]) {
    assert.throws(() => parse(`RTSP/1.0 200 OK\r\nContent-Length: ${length}\r\n\r\n`), SyntaxError, length);
  }
});

Deno.test("a reason is shown without what a terminal would obey", () => {
  assert.equal(parse("RTSP/1.0 500 \x1b[31mOops\x07\r\n\r\n")!.reason, "?[31mOops?");
});

for (const seed of [1, 2, 3, 20240229]) {
  Deno.test(`damaged answers are read, refused or waited for, seed ${seed}`, () => {
    const whole = bytes(
      'RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\nWWW-Authenticate: Digest realm="x"\r\nContent-Length: 3\r\n\r\nabc',
    );
    let state = seed;
    const random = (below: number) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % below;
    for (let round = 0; round < 2000; round++) {
      const damaged = whole.slice(0, random(whole.length + 1));
      for (let hits = random(6); hits > 0 && damaged.length > 0; hits--) damaged[random(damaged.length)] = random(256);
      try {
        const reply = parseRtspReply(damaged);
        if (reply) assert.ok(reply.status >= 0 && reply.status <= 999 && reply.body.length <= damaged.length);
      } catch (error) {
        assert.ok(error instanceof SyntaxError, `${error}`);
      }
    }
  });
}
