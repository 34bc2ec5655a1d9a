import assert from "node:assert/strict";
import { breaches, importsOf, MAX_LINES } from "./check_layers.ts";

const judge = (path: string, text: string) =>
  breaches([{ path, text }]).map(({ line, message }) => `${line}: ${message}`);

Deno.test("every way to import is seen, with its line and whether it is of types only", () => {
  const text = `
import a from "./a.ts";
import type { B } from "./b.ts";
import { type C, type D } from "./c.ts";
import { type E, f } from "./e.ts";
import {
  g,
} from './g.ts';
import "./side.ts";
export * from "./h.ts";
export { i } from "./i.ts";
const j = await import("./j.ts");
let k: import("./k.ts").K;
new Worker(new URL("./l.ts", import.meta.url), { type: "module" });
import.meta.resolve("./m.ts");
`;
  assert.deepEqual(importsOf(text).map(({ specifier, line, typeOnly }) => [specifier, line, typeOnly]), [
    ["./a.ts", 2, false],
    ["./b.ts", 3, true],
    ["./c.ts", 4, true],
    ["./e.ts", 5, false],
    ["./g.ts", 6, false],
    ["./side.ts", 9, false],
    ["./h.ts", 10, false],
    ["./i.ts", 11, false],
    ["./j.ts", 12, false],
    ["./k.ts", 13, true],
    ["./l.ts", 14, false],
    ["./m.ts", 15, false],
  ]);
});

Deno.test("what a comment quotes is not an import, and a string with slashes hides nothing", () => {
  assert.deepEqual(importsOf(`// import x from "./x.ts";\n/* import("./y.ts") */`), []);
  const found = importsOf(`const u = "http://h"; const z = import("./z.ts"); // import("./no.ts")`);
  assert.deepEqual(found.map(({ specifier }) => specifier), ["./z.ts"]);
});

Deno.test("imports along the table are allowed", () => {
  assert.deepEqual(judge("streams/pipeline.ts", `import { nowMs } from "../src/core/clock.ts";`), []);
  assert.deepEqual(judge("streams/sources/file.ts", `import { demux } from "../av/demux.ts";`), []);
  assert.deepEqual(judge("actors/stream_worker.ts", `import { pipeline } from "../streams/pipeline.ts";`), []);
  assert.deepEqual(judge("src/app.ts", `new URL("../actors/stream_worker.ts", import.meta.url)`), []);
  assert.deepEqual(judge("src/api/streams.ts", `import type { Config } from "../../config/schema.ts";`), []);
  assert.deepEqual(judge("tests/integration/a_test.ts", `import { x } from "../../models/onnx.ts";`), []);
});

Deno.test("imports against the table are refused, whichever way they are written", () => {
  const refused = (path: string, text: string, message: RegExp) => {
    const found = judge(path, text);
    assert.equal(found.length, 1, `${path}: ${text}`);
    assert.match(found[0], message);
  };
  refused("src/core/a.ts", `import { fit } from "../vision/fit.ts";`, /core must not import from vision/);
  refused("src/core/a.ts", `import type { Fit } from "../vision/fit.ts";`, /core must not import from vision/);
  refused("src/core/a.ts", `import type { Observable } from "rxjs";`, /core imports nothing/);
  refused("streams/a.ts", `import { Subject } from "rxjs";`, /two hundred files/);
  refused("src/core/a.ts", `import fs from "node:fs";`, /core imports nothing/);
  refused("streams/av/a.ts", `import { s } from "../sources/s.ts";`, /av must not import from sources/);
  refused("streams/scenes/a.ts", `import "../av/picture.ts";`, /scenes must not import from av/);
  refused("models/a.ts", `export * from "../streams/av/picture.ts";`, /models must not import from av/);
  refused("streams/a.ts", `await import("../actors/actor.ts");`, /streams must not import from actors/);
  refused(
    "streams/a.ts",
    `new Worker(new URL("../actors/w.ts", import.meta.url))`,
    /streams must not import from actors/,
  );
  refused("actors/a.ts", `import { weir } from "../src/app.ts";`, /actors must not import from app/);
  refused("src/api/a.ts", `import { load } from "../../config/load.ts";`, /api must not import from config/);
  refused("src/core/a.ts", `import { t } from "./t_test.ts";`, /is a test/);
  refused("streams/a.ts", `import { b } from "../scripts/bench/b.ts";`, /in no layer/);
  refused("streams/a.ts", `import { b } from "../../outside/b.ts";`, /leaves the repository/);
});

Deno.test("a native driver is imported by its home alone, tests aside", () => {
  const av = `import { Frame } from "node-av/lib";`;
  assert.deepEqual(judge("streams/av/picture.ts", av), []);
  assert.deepEqual(judge("tests/integration/a_test.ts", av), []);
  assert.match(judge("streams/sources/file.ts", av)[0], /node-av is imported by streams\/av\/ alone/);
  const ort = `import * as ort from "onnxruntime-node";`;
  assert.deepEqual(judge("models/onnx.ts", ort), []);
  assert.match(judge("models/yolo.ts", ort)[0], /onnxruntime-node is imported by models\/onnx.ts alone/);
  assert.match(judge("models/yolo.ts", `import "npm:onnxruntime-node@1.30.0";`)[0], /models\/onnx.ts alone/);
});

Deno.test("a package from an address is refused anywhere", () => {
  assert.match(judge("scripts/a.ts", `import { x } from "https://deno.land/x/a.ts";`)[0], /pinned/);
  assert.match(judge("streams/a.ts", `import { x } from "jsr:@std/assert";`)[0], /pinned/);
});

Deno.test("a file that grew too long is reported", () => {
  assert.deepEqual(judge("models/a.ts", "\n".repeat(MAX_LINES)), []);
  assert.match(judge("models/a.ts", "\n".repeat(MAX_LINES + 1))[0], /401 lines/);
  assert.deepEqual(judge("models/a_test.ts", "\n".repeat(MAX_LINES + 1)), []);
});
