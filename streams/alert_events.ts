import { Buffer } from "node:buffer";
import type { RaisedAlert } from "../src/core/analyzer.ts";
import type { AlertEvent } from "../src/core/events.ts";
import type { ResultEnvelope } from "../src/core/results.ts";
import { encodedPicture } from "./encoded_picture.ts";
import type { FrameInWork } from "./frame_in_work.ts";

/** A picture costs a reader far more than its alert does: of one frame, so many are told at most. */
const ALERTS_MAX = 16;

/** What people are told of a finished frame, the frame itself attached where it is asked for. */
export function alertEvents(frame: FrameInWork, result: ResultEnvelope): AlertEvent[] {
  const { stream, epoch, seq, pts, outputs } = result;
  const at = new Date().toISOString();
  const pictures = new Map<string, AlertEvent["picture"]>();
  return frame.alerts.slice(0, ALERTS_MAX).map(({ alert, message, picture }) => {
    const event: AlertEvent = { v: 1, type: "alert", stream, alert, message, at, epoch, seq, pts };
    if (!picture) return event;
    const name = JSON.stringify(picture);
    if (!pictures.has(name)) pictures.set(name, attached(frame, outputs, picture));
    const made = pictures.get(name);
    return made ? { ...event, picture: made } : event;
  });
}

function attached(
  { picture }: FrameInWork,
  outputs: ResultEnvelope["outputs"],
  { width: asked, quality, overlay }: NonNullable<RaisedAlert["picture"]>,
): AlertEvent["picture"] {
  try {
    const form = { width: Math.min(asked, picture.width), quality, overlay };
    const { jpeg, width, height } = encodedPicture(picture, outputs, form);
    return { width, height, jpeg: Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength).toString("base64") };
  } catch {
    // What happened is told all the same: an alert without its picture is worth more than none.
    return undefined;
  }
}
