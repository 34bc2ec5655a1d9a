import assert from "node:assert/strict";
import { join } from "node:path";
import { registrationSchema } from "../../config/schema.ts";
import type { PulseOutput } from "../../src/analyzers/pulse.ts";
import type { ResultEnvelope } from "../../src/core/results.ts";
import { assetTest } from "../support/assets.ts";
import { weir } from "../support/command_line.ts";

const MODELS = ["data/models/ultraface_rfb_320.onnx", "data/models/me_rppg.onnx"];

/** What the analyzer pulse says of a file by the wave of a model on faces. */
async function readings(path: string, [faces, rppg]: readonly string[]): Promise<PulseOutput[]> {
  const folder = await Deno.makeTempDir();
  try {
    const config = join(folder, "weir.json");
    const pipeline = [
      { model: faces },
      { model: rppg, name: "rppg", on: "detect", max: 1 },
      { analyzer: "pulse", method: "rppg", windowS: 30 },
    ];
    await Deno.writeTextFile(
      config,
      JSON.stringify({ streams: [{ id: "face", source: { kind: "file", path }, pipeline }] }),
    );
    const { code, stdout, stderr } = await weir("run", "--config", config);
    assert.equal(code, 0, stderr);
    const results: ResultEnvelope[] = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
    return results.flatMap(({ outputs: { pulse } }) => pulse ? [pulse as PulseOutput] : []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

assetTest(
  "a photograph with an injected pulse of 72 gives 72 through UltraFace and ME-rPPG",
  [...MODELS, "data/clips/pulse_astronaut_72bpm.mp4"],
  async (...models) => {
    const said = await readings(models.pop()!, models);
    const { bpm, confidence, method, interval } = said.at(-1)!;
    assert.ok(Math.abs(bpm! - 72) <= 1 && confidence >= 0.8, `${bpm}, ${confidence} sure`);
    assert.equal(method, "rppg");
    assert.ok(interval![0] < 72 && 72 < interval![1]);
  },
);

assetTest(
  "a forehead in the dark gives no rate through ME-rPPG",
  [...MODELS, "data/clips/rppg_forehead_lowsnr_india1.avi"],
  async (...models) => {
    const said = await readings(models.pop()!, models);
    assert.ok(said.length > 10);
    assert.deepEqual(said.filter(({ bpm }) => bpm !== undefined), []);
  },
);

Deno.test("a method that is neither known nor an earlier step is refused with what there is", () => {
  const registration = (method: string) => ({
    id: "face",
    source: { kind: "scene", scene: "portrait" },
    pipeline: [{ model: "rppg.onnx", name: "rppg" }, { analyzer: "pulse", method, region: "frame" }],
  });
  assert.ok(registrationSchema.safeParse(registration("rppg")).success);
  assert.ok(registrationSchema.safeParse(registration("pos")).success);
  const { error } = registrationSchema.safeParse(registration("posh"));
  assert.deepEqual(error!.issues.map(({ path, message }) => [path.join("."), message]), [
    ["pipeline.1.method", "no step before is called posh; there are: rppg"],
  ]);
});
