import type { StillQuestion, StillSetup } from "../../actors/stills.ts";
import { nowMs } from "../../src/core/clock.ts";

/** A model of small square pictures, one at a time. */
const STILL_SETUP: StillSetup = {
  key: "eyes~1",
  input: {
    name: "images",
    width: 32,
    height: 32,
    layout: "nchw",
    colour: "rgb",
    type: "float32",
    fit: "letterbox",
    pad: 0,
    scale: 1 / 255,
    mean: [0, 0, 0],
    std: [1, 1, 1],
    maxBatch: 1,
  },
  replicas: 1,
  maxBatch: 1,
};

/** An image that is to go through that model, with all the time there is. */
export function stillQuestion(
  image: Uint8Array,
  more: Partial<StillQuestion> & Pick<StillQuestion, "limits">,
): StillQuestion {
  return {
    image: image.slice(),
    setup: STILL_SETUP,
    caller: "me",
    receivedAtMs: nowMs(),
    deadlineMs: Infinity,
    ...more,
  };
}
