import type { ResultEnvelope } from "./results.ts";
import type { StateEvent } from "./stream.ts";

/** Something that was noticed over time and that people want to be told of. */
export interface AlertEvent {
  v: 1;
  type: "alert";
  stream: string;
  /** Which rule. */
  alert: string;
  message: string;
  at: string;
  epoch?: number;
  seq?: number;
  /** Presentation time, seconds. */
  pts?: number;
  /** The frame that it is about: a JPEG, base64. */
  picture?: { width: number; height: number; jpeg: string };
}

/** What is kept in the log and handed to everybody who listens. */
export type LogEvent = ResultEnvelope | StateEvent | AlertEvent;

/** The types of {@link LogEvent}. */
export const EVENT_TYPES = ["result", "state", "alert"] as const;

/** One type out of {@link EVENT_TYPES}. */
export type EventType = (typeof EVENT_TYPES)[number];

/** What a subscriber did not get: positions `first` to `last`, `count` events of those that it had asked for. */
export interface GapEvent {
  v: 1;
  type: "gap";
  first: number;
  last: number;
  /** How many events; undefined when nobody knows any more: behind a filter, or before the server's start. */
  count?: number;
  /** `slow`: they were dropped because the subscriber did not keep up. `forgotten`: they are older than the log. */
  reason: "slow" | "forgotten";
}
