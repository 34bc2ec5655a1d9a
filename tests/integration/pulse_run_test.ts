import assert from "node:assert/strict";
import { join } from "node:path";
import type { PulseOutput } from "../../src/analyzers/pulse.ts";
import type { ResultEnvelope } from "../../src/core/results.ts";
import { assetTest } from "../support/assets.ts";
import { weir } from "../support/command_line.ts";

interface Said {
  pts: number;
  pulse: PulseOutput;
}

/** Runs `weir run` and answers what the analyzer pulse said. */
async function readings(...args: string[]): Promise<{ said: Said[]; stderr: string }> {
  const { code, stdout, stderr } = await weir("run", ...args, "--mode", "block");
  assert.equal(code, 0, stderr);
  const results: ResultEnvelope[] = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  return {
    stderr,
    said: results.flatMap(({ pts, outputs: { pulse } }) => pulse ? [{ pts, pulse: pulse as PulseOutput }] : []),
  };
}

const FACE = 'pulse:{"region":{"x":0.43,"y":0.3,"width":0.14,"height":0.3}}';

Deno.test("a portrait's rate is read from its skin, followed when it changes, and drawn on a page", async () => {
  const folder = await Deno.makeTempDir();
  const page = join(folder, "pulse.html");
  try {
    const scene = "scene:portrait?pace=fast&fps=30&seconds=34&size=640x360";
    const { said, stderr } = await readings(scene, "--analyze", FACE, "--report", page);
    const at = (second: number) => said.find(({ pts }) => pts >= second - 0.001)!.pulse;
    // The rate goes from 70 to 90 after 25 s.
    for (const second of [10, 15, 20, 24]) {
      assert.ok(Math.abs(at(second).bpm! - 70) <= 2, `${second} s: ${at(second).bpm}`);
    }
    for (const second of [30, 31, 33]) assert.ok(Math.abs(at(second).bpm! - 90) <= 2, `${second} s: ${at(second).bpm}`);
    assert.match(stderr, /BPM \(median; .*\n.*Not a medical device/);
    const html = await Deno.readTextFile(page);
    for (const title of ["Rate over time", "Skin colour", "Pulse by", "Spectrum"]) {
      assert.ok(html.includes(title), title);
    }
    assert.match(html, /not a medical device/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a rate that falls is followed as soon", async () => {
  // With this seed it goes from 70 to 50.
  const scene = "scene:portrait?pace=fast&fps=30&seconds=32&size=640x360&seed=3";
  const { said } = await readings(scene, "--analyze", FACE);
  for (const { pts, pulse } of said.filter(({ pts }) => pts >= 29.999)) {
    assert.ok(Math.abs(pulse.bpm! - 50) <= 2, `${pts} s: ${pulse.bpm}`);
  }
});

const ULTRAFACE = "data/models/ultraface_rfb_320.onnx";

for (const bpm of [50, 72, 118, 160]) {
  assetTest(`a face is found in a portrait, and its ${bpm} beats a minute in the face`, [ULTRAFACE], async (model) => {
    const scene = `scene:portrait?pace=fast&fps=30&seconds=13&bpm=${bpm}&seed=${bpm}`;
    const { said } = await readings(scene, "--model", model, "--analyze", "pulse");
    const { bpm: told, confidence } = said.at(-1)!.pulse;
    assert.ok(Math.abs(told! - bpm) <= 2 && confidence >= 0.8, `${told}, ${confidence} sure`);
  });
}

assetTest(
  "a photograph with an injected pulse of 72 gives 72, by POS alone too",
  [ULTRAFACE, "data/clips/pulse_astronaut_72bpm.mp4"],
  async (model, clip) => {
    for (const step of ["pulse", "pulse?method=pos&windowS=30&longWindowS=30"]) {
      const { said } = await readings(clip, "--model", model, "--analyze", step);
      const { bpm } = said.at(-1)!.pulse;
      assert.ok(Math.abs(bpm! - 72) <= 1, `${step}: ${bpm}`);
    }
  },
);

assetTest("a forehead in the dark gets no rate", ["data/clips/rppg_forehead_lowsnr_india1.avi"], async (clip) => {
  for (const step of ["pulse?region=frame", "pulse?region=frame&skin=true"]) {
    const { said } = await readings(clip, "--analyze", step);
    assert.ok(said.length >= 30);
    assert.deepEqual(said.filter(({ pulse }) => pulse.bpm !== undefined), []);
    assert.ok(said.every(({ pulse }) => pulse.reasons.length > 0));
  }
});
