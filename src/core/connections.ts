/** Why the server ended a connection that its client would have gone on with. */
export const CONNECTION_ENDS = [
  /** The head of a request did not come in time. */
  "slow_head",
  /** It said nothing at all. */
  "silent",
  /** What it said is no HTTP. */
  "malformed",
  /** A head larger than is read. */
  "headers_too_large",
  /** There are as many connections as there may be. */
  "crowded",
  /** There are as many from this address as there may be. */
  "crowded_address",
  /** It was kept open after an answer and no further request came. */
  "idle",
  /** A body that was refused went on coming. */
  "body_left",
  /** It took nothing of its answer. */
  "stuck",
  /** TLS was not agreed upon, or not in time. */
  "handshake",
  /** A WebSocket's message was larger than is taken, or came in too many pieces. */
  "message_too_large",
  /** What a WebSocket brought breaks its protocol. */
  "broken_frame",
  /** A WebSocket did not answer a ping. */
  "no_pong",
] as const;

/** One reason out of {@link CONNECTION_ENDS}. */
export type ConnectionEnd = (typeof CONNECTION_ENDS)[number];

/** What a listener tells of its connections. */
export interface ConnectionFigures {
  open: number;
  /** How many the server ended, by why. */
  ended: Readonly<Record<ConnectionEnd, number>>;
}
