import type { SignalRequest } from "../src/core/signals.ts";
import { PulseNetwork } from "../src/vision/pulse/pulse_network.ts";
import { readSignal, type SignalReading, type SignalRefusal } from "../src/vision/pulse/read_signal.ts";

/** A signal to be read. */
export type SignalQuestion = Pick<SignalRequest, "times" | "channels" | "method">;

/** What it says, or why it says nothing. */
export type SignalAnswer = SignalReading | SignalRefusal;

const WEIGHTS = new URL("../models/builtin/weir-pulse.f32", import.meta.url);

/** Signals that somebody sends, read by the thread that streams have; the network is opened once it is asked. */
export class Signals {
  #network?: PulseNetwork;

  /** Reads one. */
  run(question: SignalQuestion): SignalAnswer {
    return readSignal(question, () => this.#network ??= new PulseNetwork(Deno.readFileSync(WEIGHTS)));
  }
}
