import type { FacePulse, PulseReason } from "../../core/face_pulse.ts";
import type { ResultEnvelope } from "../../core/results.ts";

/** What the analyzer said at one moment: of the largest face first. */
export interface PulseReading {
  reasons: PulseReason[];
  faces: FacePulse[];
}

/** What a result says of pulses, if it says anything: it does so once a second. */
export function pulseReadingOf(outputs: ResultEnvelope["outputs"]): PulseReading | undefined {
  const found = (Object.values(outputs) as Record<string, unknown>[]).findLast(({ faces, reasons }) =>
    Array.isArray(faces) && Array.isArray(reasons)
  );
  return found as unknown as PulseReading | undefined;
}
