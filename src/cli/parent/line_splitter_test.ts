import assert from "node:assert/strict";
import { LineSplitter } from "./line_splitter.ts";

/** What becomes of bytes that come in these pieces. */
function split(...pieces: (string | Uint8Array)[]): [string, boolean][] {
  const lines: [string, boolean][] = [];
  const splitter = new LineSplitter((text, cut) => lines.push([text, cut]));
  for (const piece of pieces) splitter.push(typeof piece === "string" ? new TextEncoder().encode(piece) : piece);
  splitter.end();
  return lines;
}

const whole = (...lines: string[]) => lines.map((line) => [line, false]);

Deno.test("lines come out whole, however their bytes come in, and empty ones do not", () => {
  const text = "one\n\ntwo\r\nthree\rfrämé 🌊\nlast";
  const expected = whole("one", "two", "three", "främé 🌊", "last");
  const bytes = new TextEncoder().encode(text);
  for (let size = 1; size <= bytes.length; size++) {
    const pieces = Array.from(
      { length: Math.ceil(bytes.length / size) },
      (_, index) => bytes.slice(index * size, (index + 1) * size),
    );
    assert.deepEqual(split(...pieces), expected, `pieces of ${size}`);
  }
});

Deno.test("bytes that are no text do no harm", () => {
  assert.deepEqual(split(new Uint8Array([0xff, 0xfe, 0x0a, 0x61, 0x0a])), whole("\ufffd\ufffd", "a"));
});

Deno.test("a line too long is handed over once, cut, and the next is whole again", () => {
  const long = "x".repeat(70_000);
  const expected = [["before", false], ["x".repeat(65_536), true], ["after", false]];
  assert.deepEqual(split(`before\n${long}\nafter`), expected);
  assert.deepEqual(split("before\n", long, long, long, "\nafter\n"), expected);
  assert.deepEqual(split("before\n", long, "\n", "after"), expected);
});

Deno.test("a line without end is held no longer than the longest allowed", () => {
  const lines: string[] = [];
  const splitter = new LineSplitter((text) => lines.push(text));
  const piece = new TextEncoder().encode("y".repeat(10_000));
  for (let n = 0; n < 500; n++) splitter.push(piece);
  assert.deepEqual(lines.map((line) => line.length), [65_536]);
  splitter.end();
  assert.equal(lines.length, 1);
});
