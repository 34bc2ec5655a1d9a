import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { openModel } from "../../models/onnx.ts";
import { PulseNetwork } from "../vision/pulse/pulse_network.ts";
import { syntheticTrace } from "../vision/pulse/synthetic_trace.ts";

const file = (name: string) => fileURLToPath(new URL(`../../models/builtin/${name}`, import.meta.url));

Deno.test("the network without a runtime gives what its ONNX file gives", async () => {
  const network = new PulseNetwork(Deno.readFileSync(file("weir-pulse.f32")));
  const model = await openModel(file("weir-pulse.onnx"), { device: "cpu", threads: 1 });
  try {
    for (const [seed, noise] of [[1, 0.002], [2, 0.006], [3, 0.012], [4, 0.02]]) {
      const { trace } = syntheticTrace(seed, noise);
      const data = new Float32Array(2700);
      trace.forEach((channel, index) => channel.forEach((value, i) => data[i * 3 + index] = value));
      const { rate, quality, chances } = await model.run({ colours: { type: "float32", dims: [1, 900, 3], data } });
      const answer = network.run(trace);
      (chances.data as Float32Array).forEach((chance, bin) => {
        assert.ok(
          Math.abs(answer.chances[bin] - chance) < 2e-3,
          `${seed}, ${bin}: ${answer.chances[bin]} and ${chance}`,
        );
      });
      assert.ok(Math.abs(answer.bpm - Number(rate.data[0])) < 0.02);
      assert.ok(Math.abs(answer.quality - Number(quality.data[0])) < 5e-3);
    }
  } finally {
    await model.close();
  }
});

Deno.test("weights and traces of another size are refused", () => {
  const bytes = Deno.readFileSync(file("weir-pulse.f32"));
  assert.throws(() => new PulseNetwork(bytes.subarray(0, 4000)), /weights of 1000 numbers: 46634 are expected/);
  const { trace } = syntheticTrace(1, 0.002, { seconds: 20 });
  assert.throws(() => new PulseNetwork(bytes).run(trace), /600 samples: the network wants 900/);
});
