import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { formParts } from "./form_parts.ts";
import { multipart } from "./multipart.ts";

const TYPE = "multipart/form-data; boundary=xx";
const NAMED = 'content-disposition: form-data; name="a"';
const text = (...lines: string[]) => new TextEncoder().encode(lines.join("\r\n"));

interface Read {
  parts?: [name: string, filename: string | undefined, bytes: string][];
  fault?: string;
}

function whole(form: Uint8Array<ArrayBuffer>, type = TYPE): Read {
  try {
    const parts = formParts(form, type);
    return { parts: parts.map(({ name, filename, bytes }) => [name, filename, bytes.toHex()]) };
  } catch (error) {
    assert.equal((error as { code?: string }).code, "malformed", String(error));
    return { fault: (error as Error).message };
  }
}

/** As it is read piece by piece. */
async function streamed(form: Uint8Array<ArrayBuffer>, type = TYPE): Promise<Read> {
  const parts: Read["parts"] = [];
  try {
    for await (const { name, filename, body } of multipart(new Blob([form]).stream(), type)) {
      parts.push([
        name,
        filename,
        Buffer.concat(await Array.fromAsync(body, (piece) => piece.slice())).toString("hex"),
      ]);
    }
    return { parts };
  } catch (error) {
    return { fault: (error as Error).message };
  }
}

Deno.test("a form that the runtime writes is taken apart without a copy of its files", async () => {
  const form = new FormData();
  const content = new Uint8Array(50_000).map((_, i) => (i * 7) % 251);
  // What looks like the beginning of a boundary is content, too.
  content.set(text("", "--", "--x", "\r\r\n"), 1000);
  form.set("session_id", "Müller & Söhne");
  form.set("file", new File([content], 'a "b".jpg'));
  form.set("empty", new File([], "none"));
  const response = new Response(form);
  const bytes = await response.bytes();
  const parts = formParts(bytes, response.headers.get("content-type")!);
  assert.deepEqual(parts.map(({ name, filename }) => [name, filename]), [
    ["session_id", undefined],
    ["file", 'a "b".jpg'],
    ["empty", "none"],
  ]);
  assert.equal(new TextDecoder().decode(parts[0].bytes), "Müller & Söhne");
  assert.deepEqual(parts[1].bytes, content);
  assert.equal(parts[1].bytes.buffer, bytes.buffer);
  assert.equal(parts[2].bytes.length, 0);
});

const FORMS: [form: Uint8Array<ArrayBuffer>, fault?: RegExp, type?: string][] = [
  [text("preamble", "--xx \t", NAMED, "", "first", "--xx", "content-disposition: form-data; name=b", "", "", "--xx--")],
  [text("--xx", NAMED, "", "1", "--xx", `${NAMED}; filename=f`, "", "2", "--xx--", "epilogue"), undefined],
  [text("--xx", NAMED, "", "x", "--xx--"), undefined, 'multipart/form-data; boundary="xx"'],
  [text("--xx--")],
  [text("--xx", NAMED, "", "half"), /breaks off/],
  [text("--xx", NAMED, "", "x", "--xx"), /breaks off/],
  [text("--xx", NAMED, "", "x", "--xx   "), /breaks off/],
  [text("nothing of the kind"), /breaks off/],
  [text("--xx", NAMED), /breaks off/],
  [new Uint8Array(), /breaks off/],
  [text("--xxgarbage", NAMED, "", "x", "--xx--"), /no end of line/],
  [text("--xx", "", "x", "--xx--"), /what it is called/],
  [text("--xx", "content-type: text/plain", "", "x", "--xx--"), /what it is called/],
  [text("--xx", `${NAMED}; x="${"y".repeat(9000)}"`, "", "x".repeat(9000), "--xx--"), /head of a part is too long/],
  [text("--xx", NAMED, "", "x", "--xx--"), /no boundary/, "multipart/form-data"],
];

Deno.test("a form is read as it would be piece by piece, and refused for the same reason", async () => {
  for (const [form, fault, type] of FORMS) {
    const read = whole(form, type);
    assert.deepEqual(read, await streamed(form, type));
    if (fault) assert.match(read.fault ?? "", fault);
    else assert.equal(read.fault, undefined);
  }
  const many = Array.from({ length: 129 }, () => ["--xx", NAMED, "", "x"]).flat();
  assert.match(whole(text(...many, "--xx--")).fault!, /more than 128 parts/);
  assert.equal(whole(text(...many.slice(4), "--xx--")).parts!.length, 128);
});

Deno.test("a form with damage anywhere is read as it would be piece by piece", async () => {
  const good = text("--xx", NAMED, "", "first", "--xx", `${NAMED}; filename="f"`, "", "se\r\n--xcond", "--xx--");
  const letters = text('\r\n-x: \t;a"').slice();
  let seed = 5;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % below;
  };
  for (let n = 0; n < 2000; n++) {
    const form = good.slice(0, random(4) === 0 ? random(good.length) : good.length);
    for (let at = random(4); at > 0 && form.length > 0; at--) {
      form[random(form.length)] = letters[random(letters.length)];
    }
    assert.deepEqual(whole(form), await streamed(form), JSON.stringify(new TextDecoder().decode(form)));
  }
});
