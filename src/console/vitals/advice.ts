import type { FacePulse } from "../../core/face_pulse.ts";

/** Something that speaks against a rate, and what to do about it. */
export interface Advice {
  what: string;
  /** In the words of somebody who stands beside. */
  remedy: string;
}

/** How well a rate can be told. */
export type Quality = "good" | "fair" | "low" | "none";

/** The first rate takes about so long, seconds. */
export const FIRST_RATE_S = 10;

const ADVICE: Readonly<Record<string, Advice>> = {
  noFace: { what: "No face is seen", remedy: "Look into the camera, with forehead and cheeks in the picture." },
  lowRate: {
    what: "Too few pictures a second",
    remedy: "Close what else keeps this device or the server busy; a camera may send a smaller width, too.",
  },
  dark: { what: "Too dark", remedy: "Turn on a light in front of you, or face a window." },
  clipped: { what: "Too bright", remedy: "Keep out of direct light: parts of the skin are white in the picture." },
  motion: { what: "The head moves", remedy: "Hold still, lean back, and put the phone on something firm." },
  weak: {
    what: "The pulse drowns in noise",
    remedy: "Come closer, hold still and let light fall evenly on your face. Hats, masks and make-up hide skin.",
  },
};
const NOTHING_YET: readonly string[] = ["noFace", "tooShort"];
/** Where a fixed part of the picture is looked at. */
const NO_SKIN: Advice = { what: "No skin is seen", remedy: "Move until your face fills the dashed frame." };

/** What would help, the most pressing first; nothing while it only takes time. */
export function adviceFor(reasons: readonly string[], { fixed }: { fixed: boolean }): Advice[] {
  return reasons.flatMap((reason) => {
    const advice = fixed && reason === "noFace" ? NO_SKIN : ADVICE[reason];
    return advice ? [advice] : [];
  });
}

/** How well the rate can be told, in a word. */
export function qualityOf({ bpm, confidence, reasons }: Pick<FacePulse, "bpm" | "confidence" | "reasons">): Quality {
  if (bpm === undefined) return reasons.some((reason) => NOTHING_YET.includes(reason)) ? "none" : "low";
  return confidence >= 0.8 ? "good" : "fair";
}

/** How much longer the first rate will take, seconds; undefined when it is not a question of time. */
export function secondsToGo(
  { bpm, windowS, reasons }: Pick<FacePulse, "bpm" | "windowS" | "reasons">,
): number | undefined {
  const waits = reasons.every((reason) => reason === "tooShort" || reason === "weak");
  if (bpm !== undefined || !waits || windowS >= FIRST_RATE_S) return undefined;
  return Math.ceil(FIRST_RATE_S - windowS);
}
