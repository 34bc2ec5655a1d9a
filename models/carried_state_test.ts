import assert from "node:assert/strict";
import { buildModel, type PortSpec } from "../scripts/bench/onnx_builder.ts";
import { join } from "node:path";
import { inspect } from "../src/cli/inspection.ts";
import { inspectionText } from "../src/cli/inspection_text.ts";
import { assetTest } from "../tests/support/assets.ts";
import { inDirectory } from "../tests/support/in_directory.ts";
import { recognisedState, statedState } from "./carried_state.ts";
import { admitModel } from "./admission.ts";
import { examineModel } from "./manifest.ts";
import { parseGraphInfo } from "./onnx_metadata.ts";
import { bytesOf } from "./protobuf_reader.ts";

const port = (name: string, dims: PortSpec["dims"], type: PortSpec["type"] = "float32"): PortSpec => ({
  name,
  type,
  dims,
});

function graphOf(inputs: PortSpec[], outputs: PortSpec[]) {
  return parseGraphInfo("some.onnx", bytesOf(buildModel({ inputs, outputs, nodes: [] })));
}

const image = port("image", [1, 3, 64, 64]);

Deno.test("inputs that follow each other as the last outputs do are a state", () => {
  const graph = graphOf(
    [image, port("h", [1, 4]), port("c", [1, 2, 3]), port("dt", [])],
    [port("y", ["n", 1]), port("hn", [1, 4]), port("cn", ["x", 2, 3])],
  );
  const { spec, why, open } = recognisedState(graph)!;
  assert.deepEqual(spec, {
    carried: [
      { input: "h", output: "hn", type: "float32", dims: [1, 4] },
      { input: "c", output: "cn", type: "float32", dims: [1, 2, 3] },
    ],
    elapsed: { input: "dt", dims: [] },
  });
  assert.match(why, /takes 2 tensors .* its state, zero at the start .*, and dt float32\[\] takes the seconds/);
  assert.deepEqual([open.inputs.map(({ name }) => name), open.outputs.map(({ name }) => name)], [["image"], ["y"]]);
});

Deno.test("where shapes leave doubt, no state is made up", () => {
  const y = port("y", [1, 1]);
  for (
    const [inputs, outputs] of [
      // No picture; nothing besides it; no answer besides the state; another shape, type or order; an open size; two clocks.
      [[port("h", [1, 4])], [y, port("hn", [1, 4])]],
      [[image], [y]],
      [[image, port("h", [1, 4])], [port("hn", [1, 4])]],
      [[image, port("h", [1, 4])], [y, port("hn", [1, 5])]],
      [[image, port("h", [1, 4])], [y, port("hn", [1, 4], "float16")]],
      [[image, port("h", [1, 4]), port("c", [1, 5])], [y, port("cn", [1, 5]), port("hn", [1, 4])]],
      [[image, port("h", [1, "n"])], [y, port("hn", [1, 4])]],
      [[image, port("h", [1, 4], "int64")], [y, port("hn", [1, 4], "int64")]],
      [[image, port("h", [1, 4]), port("s", []), port("t", [1])], [y, port("hn", [1, 4])]],
    ]
  ) assert.equal(recognisedState(graphOf(inputs, outputs)), undefined);
});

Deno.test("a manifest says which outputs feed which inputs, and is told where the graph does not have it so", () => {
  const graph = graphOf(
    [image, port("h", [1, "n"]), port("c", [1, 5]), port("t", [1])],
    [port("cn", [1, 5]), port("hn", [1, 4]), port("y", [1, 1])],
  );
  const { spec } = statedState(graph, { h: { output: "hn", shape: [1, 4] }, c: "cn" }, "t");
  assert.deepEqual(spec.carried.map(({ input, output, dims }) => [input, output, dims]), [
    ["h", "hn", [1, 4]],
    ["c", "cn", [1, 5]],
  ]);
  assert.deepEqual(spec.elapsed, { input: "t", dims: [1] });
  assert.throws(() => statedState(graph, { x: "cn" }, undefined), /no input 'x'; it has image/);
  assert.throws(() => statedState(graph, { c: "x" }, undefined), /no output 'x'; it has cn/);
  assert.throws(() => statedState(graph, { h: "hn" }, undefined), /shape of h .* is open: give one/);
  assert.throws(() => statedState(graph, { c: "y" }, undefined), /y float32\[1,1\] is not what c float32\[1,5\] takes/);
  assert.throws(() => statedState(graph, { c: "cn" }, "c"), /elapsed: 'c' is none of its inputs that take one number/);
});

assetTest(
  "ME-rPPG is known by its shapes, and keeps its state in the registry",
  ["data/models/me_rppg.onnx"],
  async (file) => {
    const { spec, why } = await examineModel(file);
    assert.deepEqual([spec.adapter, spec.task, spec.state!.carried.length, spec.outputs], ["wave", "tensor", 36, [
      "2241",
    ]]);
    assert.deepEqual(spec.state!.elapsed, { input: "onnx::Mul_37", dims: [] });
    assert.deepEqual([spec.input.width, spec.input.height, spec.input.layout, spec.input.timed], [
      36,
      36,
      "nhwc",
      true,
    ]);
    assert.match(why.join("; "), /36 tensors/);
    const { manifest } = await admitModel(file);
    assert.equal(Object.keys(manifest.state!).length, 36);
    assert.equal(manifest.elapsed, "onnx::Mul_37");
  },
);

for (
  const [name, words] of [["get_hr", /freqs float32\[15001\] and psd/], [
    "welch_psd",
    /input float32\[1,1,300\] is a signal/,
  ]] as const
) {
  assetTest(
    `${name} is refused with what its inputs are instead of pictures`,
    [`data/models/${name}.onnx`],
    async (file) => {
      await assert.rejects(examineModel(file), words);
    },
  );
}

assetTest(
  "an inspection of ME-rPPG tells of its state, and its manifest says the same",
  ["data/models/me_rppg.onnx"],
  (file) =>
    inDirectory(async (folder) => {
      const inspection = await inspect(file);
      assert.match(inspectionText(inspection), /state +36 tensors, 1\.5 MB for each stream or track/);
      const copy = join(folder, "me.onnx");
      await Deno.copyFile(file, copy);
      await Deno.writeTextFile(join(folder, "me.weir.yaml"), inspection.manifest!);
      const [{ spec }, { spec: same }] = [await examineModel(file), await examineModel(copy)];
      assert.deepEqual(same.state, spec.state);
      assert.deepEqual(same.outputs, spec.outputs);
    }),
);
