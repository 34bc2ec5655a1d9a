import { listBuiltinModels } from "../../models/builtin_models.ts";
import { openModel } from "../../models/onnx.ts";
import { PulseNetwork as LivePulseNetwork } from "../vision/pulse/pulse_network.ts";
import type { PulseWindow } from "../vision/pulse/pulse_trace.ts";

/** The built-in network that reads a rate from half a minute of colours. */
export interface PulseNetwork extends AsyncDisposable {
  sha256: string;
  /** The rate, and how likely it is to be within 5 BPM. */
  run(window: PulseWindow): Promise<{ bpm: number; confidence: number; ms: number }>;
}

/** The same network as it runs live, without a runtime. */
export async function openLivePulseNetwork(): Promise<LivePulseNetwork> {
  return new LivePulseNetwork(await Deno.readFile(new URL("../../models/builtin/weir-pulse.f32", import.meta.url)));
}

/** Frames that the network looks at. */
const FRAMES = 900;

/** Opens the built-in network. */
export async function openPulseNetwork(): Promise<PulseNetwork> {
  const known = (await listBuiltinModels()).find(({ name }) => name === "weir-pulse");
  if (!known) throw new Error("Cannot judge the network: weir-pulse is not among the built-in models");
  const model = await openModel(known.file, { device: "cpu", threads: 1 });
  return {
    sha256: known.sha256,
    async run({ trace }) {
      const data = new Float32Array(FRAMES * 3);
      const size = trace[0].length;
      for (let i = 0; i < FRAMES; i++) {
        // A window is a frame more or less than asked for.
        const from = Math.max(0, Math.min(size - 1, size - FRAMES + i));
        for (let channel = 0; channel < 3; channel++) data[i * 3 + channel] = trace[channel][from];
      }
      const began = performance.now();
      const { rate, quality } = await model.run({ colours: { type: "float32", data, dims: [1, FRAMES, 3] } });
      const ms = performance.now() - began;
      return { bpm: Number(rate.data[0]), confidence: Number(quality.data[0]), ms };
    },
    [Symbol.asyncDispose]: () => model.close(),
  };
}
