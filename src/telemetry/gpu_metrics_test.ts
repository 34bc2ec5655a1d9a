import assert from "node:assert/strict";
import { GpuMetrics, gpuReadings } from "./gpu_metrics.ts";
import { Metrics } from "./metrics.ts";

const TEXT = "0, NVIDIA A10, 37, 1024, 23028\n1, Tesla M40, [N/A], [N/A], 11448\nNo devices were found\n";

/** A program that answers as nvidia-smi does and notes how often it was asked. */
async function program(folder: string): Promise<{ path: string; asked(): Promise<number> }> {
  const path = `${folder}/nvidia-smi`;
  await Deno.writeTextFile(path, `#!/bin/sh\necho "$@" >> ${folder}/asked\nprintf '${TEXT.replaceAll("\n", "\\n")}'\n`);
  await Deno.chmod(path, 0o755);
  return {
    path,
    asked: async () => (await Deno.readTextFile(`${folder}/asked`)).trim().split("\n").length,
  };
}

Deno.test("what nvidia-smi says is read, and what it does not know is left out", () => {
  assert.deepEqual(gpuReadings(TEXT), [
    { gpu: "0", name: "NVIDIA A10", utilization: 0.37, memoryUsedBytes: 2 ** 30, memoryBytes: 23028 * 2 ** 20 },
    { gpu: "1", name: "Tesla M40", utilization: undefined, memoryUsedBytes: undefined, memoryBytes: 11448 * 2 ** 20 },
  ]);
  assert.deepEqual(gpuReadings("NVIDIA-SMI has failed because it couldn't communicate\n"), []);
});

Deno.test({
  name: "the graphics processors are asked at most every ten seconds, and what they said long ago is forgotten",
  ignore: Deno.build.os === "windows",
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const { path, asked } = await program(folder);
      let now = 0;
      const metrics = new Metrics();
      await using gpu = new GpuMetrics(metrics, { program: path, now: () => now });
      assert.ok(!metrics.expose().text.includes("weir_gpu"));
      await gpu.refresh();
      const { text } = metrics.expose();
      assert.match(text, /^weir_gpu_utilization_ratio\{gpu="0",name="NVIDIA A10"\} 0\.37$/m);
      assert.match(text, /^weir_gpu_memory_used_bytes\{gpu="0",name="NVIDIA A10"\} 1073741824$/m);
      assert.ok(!/utilization_ratio\{gpu="1"/.test(text));
      now = 9_999;
      metrics.expose();
      await gpu.refresh();
      assert.equal(await asked(), 1);
      now = 10_000;
      metrics.expose();
      await gpu.refresh();
      assert.equal(await asked(), 2);
      now = 200_000;
      assert.ok(!metrics.expose().text.includes("weir_gpu"));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("where there is no nvidia-smi there are no metrics of it, and it is not looked for again", async () => {
  const folder = await Deno.makeTempDir();
  try {
    let now = 0;
    const metrics = new Metrics();
    await using gpu = new GpuMetrics(metrics, { program: `${folder}/nvidia-smi`, now: () => now });
    await gpu.refresh();
    await program(folder);
    now = 1e6;
    await gpu.refresh();
    assert.ok(!metrics.expose().text.includes("weir_gpu"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
