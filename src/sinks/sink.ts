import type { z } from "zod";
import type { LogEvent } from "../core/events.ts";

/** How a sink is doing. */
export interface SinkStatus {
  state: "ok" | "failing" | "closed";
  /** Events that its peer has taken. */
  sent: number;
  /** Events that were lost: no room, refused, or given up. */
  dropped: number;
  /** Events that wait, in memory and on disk. */
  waiting: number;
  /** The latest thing that went wrong. Never holds credentials. */
  lastError?: string;
  /** When its peer last took something, Unix milliseconds. */
  lastSentAtMs?: number;
}

/** Where events go besides the hub. Disposing sends what waits, within a deadline. */
export interface Sink extends AsyncDisposable {
  /** Takes an event; never blocks, never throws. */
  push(event: LogEvent): void;
  status(): SinkStatus;
  /** Ends it because its stream is gone for good: removes what it has left at its peer, and what waits. Default: disposes. */
  remove?(): Promise<void>;
}

/** What a sink is told of its place. */
export interface SinkContext {
  stream: string;
  /** A directory of its own: for what waits to be sent, or for what it writes. Made when it is needed. */
  directory: string;
  /** Unix milliseconds. */
  now?: () => number;
  /**
   * Checks a host against the server's rules and answers the address to connect to, so that the address that was
   * checked is the one that is used. Throws what is wrong with it. Without it every host is allowed.
   */
  address?(host: string): Promise<string>;
  /** How long disposing may go on sending what waits. Default 5000. */
  flushMs?: number;
}

/** What a sink's configuration has at least: its kind, by which its plug-in is found. */
export interface SinkConfig {
  kind: string;
  [option: string]: unknown;
}

/** A kind of sink: how it is configured, shown and opened. */
export interface SinkPlugin<C = SinkConfig> {
  kind: string;
  /** One line for people. */
  describe: string;
  schema: z.ZodType<C>;
  /** Options whose values nobody may see. */
  secrets: readonly string[];
  /** Where it sends to, without credentials, for people. */
  redacted(config: C): string;
  /** A sink at work; that its peer is away is no error, but its state. */
  open(config: C, context: SinkContext): Sink;
}
