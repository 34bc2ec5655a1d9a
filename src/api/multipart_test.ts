import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { fieldText, multipart } from "./multipart.ts";

/** A body that comes in pieces of that size. */
function inPieces(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at += size));
    },
  });
}

async function read(bytes: Uint8Array, type: string, size = 1000) {
  const parts: { name: string; filename?: string; bytes: Uint8Array }[] = [];
  for await (const { name, filename, body } of multipart(inPieces(bytes, size), type)) {
    const pieces: Uint8Array[] = [];
    for await (const piece of body) pieces.push(piece.slice());
    parts.push({ name, ...(filename !== undefined && { filename }), bytes: new Uint8Array(Buffer.concat(pieces)) });
  }
  return parts;
}

const TYPE = "multipart/form-data; boundary=xx";
const text = (...lines: string[]) => new TextEncoder().encode(lines.join("\r\n"));

Deno.test("a form that the runtime writes is read whole, however it is cut into pieces", async () => {
  const form = new FormData();
  const content = new Uint8Array(5000).map((_, i) => (i * 7) % 251);
  // What looks like the beginning of a boundary is content, too.
  content.set(text("", "--", "--x", "\r\r\n"), 1000);
  form.set("name", "Müller & Söhne");
  form.set("file", new File([content], 'a "b".onnx'));
  form.set("empty", new File([], "none"));
  const response = new Response(form);
  const type = response.headers.get("content-type")!;
  const bytes = await response.bytes();
  for (const size of [1, 2, 3, 7, 64, 1000, 100_000]) {
    const parts = await read(bytes, type, size);
    assert.deepEqual(parts.map(({ name, filename }) => [name, filename]), [
      ["name", undefined],
      ["file", 'a "b".onnx'],
      ["empty", "none"],
    ]);
    assert.equal(new TextDecoder().decode(parts[0].bytes), "Müller & Söhne");
    assert.deepEqual(parts[1].bytes, content);
    assert.equal(parts[2].bytes.length, 0);
  }
});

Deno.test("a part that nobody reads is passed over, and what stands around the parts is for nobody", async () => {
  const body = text(
    "preamble",
    "--xx  ",
    'Content-Disposition: form-data; name="a"',
    "",
    "first",
    "--xx",
    "content-disposition: form-data; name=b; filename=f.bin",
    "Content-Type: application/octet-stream",
    "",
    "second",
    "--xx--",
    "epilogue",
  );
  const names: string[] = [];
  for await (const part of multipart(inPieces(body, 5), TYPE)) names.push(`${part.name}:${part.filename}`);
  assert.deepEqual(names, ["a:undefined", "b:f.bin"]);
  assert.deepEqual((await read(body, 'multipart/form-data; boundary="xx"')).map(({ bytes }) => bytes.length), [5, 6]);
});

Deno.test("a form that breaks off, has no names or too much of something is refused with the reason", async () => {
  const part = (head: string, body = "x") => text("--xx", head, "", body);
  const named = 'content-disposition: form-data; name="a"';
  const cases: [Uint8Array, RegExp, string?][] = [
    [text("--xx", named, "", "half"), /breaks off/],
    [text("nothing of the kind"), /breaks off/],
    [text("--xx", named), /breaks off/],
    [new Uint8Array(), /breaks off/],
    [text("--xxgarbage", named, "", "x", "--xx--"), /no end of line/],
    [text("--xx", "content-type: text/plain", "", "x", "--xx--"), /what it is called/],
    [part(`${named}; x="${"y".repeat(9000)}"`), /head of a part is too long/],
    [text(...Array.from({ length: 40 }, () => ["--xx", named, "", "x"]).flat(), "--xx--"), /more than 32 parts/],
    [text("--xx", named, "", "x", "--xx--"), /no boundary/, "multipart/form-data"],
  ];
  for (const [bytes, message, type] of cases) {
    await assert.rejects(read(bytes, type ?? TYPE, 11), { code: "malformed", message }, String(message));
  }
});

Deno.test("a field is taken up to its bound, and as UTF-8 only", async () => {
  const form = (value: Uint8Array) =>
    Buffer.concat([text("--xx", 'content-disposition: form-data; name="a"', "", ""), value, text("", "--xx--")]);
  const field = async (value: Uint8Array) => {
    for await (const part of multipart(inPieces(form(value), 13), TYPE)) return await fieldText(part, 20);
  };
  assert.equal(await field(text("grün")), "grün");
  await assert.rejects(field(text("x".repeat(21))), { code: "too_large" });
  await assert.rejects(field(new Uint8Array([0xff, 0xfe])), { code: "malformed" });
});
