import type { EventType, GapEvent, LogEvent } from "../../core/events.ts";
import type { FieldFault } from "../../core/service_error.ts";

/** Which events are wanted; either `streams` or `all`. The protocol is told with `/api/v1/ws` in the API's document. */
export interface LiveFilter {
  streams?: readonly string[];
  all?: true;
  types?: readonly EventType[];
  labels?: readonly string[];
  minScore?: number;
  /** Of results only these: `ageMs`, `outputs.detect`. */
  fields?: readonly string[];
  /** At most so many results a second of each stream. */
  maxRate?: number;
}

/** How pictures are wanted. */
export interface PictureForm {
  /** Scaled down to so many pixels. */
  width?: number;
  /** The server draws the results on them. */
  overlay?: boolean;
  fps?: number;
  quality?: number;
}

/** One picture, and which frame it is: its result has the same epoch and seq. */
export interface LivePicture {
  stream: string;
  epoch: number;
  seq: number;
  /** Seconds. */
  pts: number;
  width: number;
  height: number;
  /** So many were dropped so far because this page did not keep up. */
  dropped: number;
  jpeg: Blob;
}

/** What the server says in texts. */
export type ServerText =
  | {
    sub: string;
    position: number;
    event: LogEvent | GapEvent;
    op?: undefined;
  }
  | { op: "subscribed"; id: string; last: number }
  | { op: "unsubscribed"; id: string }
  | { op: "ended"; id: string; reason: string }
  | { op: "pong"; id?: string; last: number }
  | {
    op: "error";
    code: string;
    message: string;
    id?: string;
    errors?: readonly FieldFault[];
  }
  | { op: "closing"; reason: string };

const decoder = new TextDecoder();

/** Reads a picture's message: the header's length (uint32, big-endian), the header as JSON, the JPEG. */
export function readPicture(
  message: ArrayBuffer,
): { sub: string; picture: LivePicture } {
  const length = new DataView(message).getUint32(0);
  const { sub, ...header } = JSON.parse(
    decoder.decode(new Uint8Array(message, 4, length)),
  );
  return {
    sub,
    picture: {
      ...header,
      jpeg: new Blob([new Uint8Array(message, 4 + length)], {
        type: "image/jpeg",
      }),
    },
  };
}
