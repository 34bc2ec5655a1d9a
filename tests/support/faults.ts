/** RTSP methods that the server answers. */
export type RtspMethod = "OPTIONS" | "DESCRIBE" | "SETUP" | "PLAY" | "PAUSE" | "GET_PARAMETER" | "TEARDOWN";

/** How a connection is brought to its end. */
export type Ending =
  /** Half of the conversation closes in an orderly way. */
  | "fin"
  /** The connection is reset. */
  | "rst"
  /** The server itself says TEARDOWN, then closes. */
  | "teardown"
  /** An RTCP BYE, and nothing more; the connection stays. */
  | "bye";

/** One way to misbehave. Frames are counted per session, from its first PLAY. */
export type Fault =
  /** A method is answered with this status, from the request `after` the first so many to the one numbered `times`. */
  | { kind: "status"; on: RtspMethod; status: number; location?: string; after?: number; times?: number }
  /** Everything up to this step is answered, nothing after it; the connection stays open. */
  | { kind: "hang"; after: "connect" | RtspMethod }
  /** The connection ends in place of an answer, `after` the first so many requests. */
  | { kind: "drop"; on: RtspMethod; how: "fin" | "rst"; after?: number }
  /** Media stops after so many frames (or in the middle of the next one); the connection stays open. */
  | { kind: "silence"; afterFrames: number; midFrame?: boolean }
  | { kind: "end"; afterFrames: number; how: Ending; midFrame?: boolean }
  /** Every so many frames nothing is sent for a while, then everything overdue at once. */
  | { kind: "bursts"; everyFrames: number; pauseMs: number }
  /** From then on another track is sent, under the same or under a new payload type. */
  | { kind: "switch"; afterFrames: number; track: string; newPayloadType?: boolean }
  /** RTP time leaps by so many seconds, forwards or backwards. */
  | { kind: "jump"; afterFrames: number; seconds: number }
  /** The 32 bits of RTP time run over after so many frames, and the 16 bits of the sequence number too. */
  | { kind: "wrap"; afterFrames: number }
  /** This share of the packets has bytes of its payload changed. */
  | { kind: "corrupt"; share: number; seed: number; fromFrame?: number }
  /** Pictures that decode alone are withheld at first. */
  | { kind: "no-keyframe"; seconds: number }
  /** The connection carries no more than so many bytes a second. */
  | { kind: "drip"; afterFrames: number; bytesPerSecond: number }
  /** Random bytes between two frames, `times` frames long (default once). */
  | { kind: "garbage"; afterFrames: number; bytes: number; seed: number; times?: number }
  /** An interleaved block that announces 65,535 bytes and holds few. */
  | { kind: "oversize"; afterFrames: number }
  /** The answer to DESCRIBE announces a body longer (or shorter) than it is. */
  | { kind: "content-length"; add: number }
  /** This share of the packets is left out. */
  | { kind: "loss"; share: number; seed: number }
  /** Every so many packets two neighbours change places. */
  | { kind: "swap"; every: number };

/** The first fault of a kind in a list. */
export function faultOf<K extends Fault["kind"]>(faults: Fault[], kind: K): Extract<Fault, { kind: K }> | undefined {
  return faults.find((fault): fault is Extract<Fault, { kind: K }> => fault.kind === kind);
}

/** Numbers from 0 to 1 that repeat exactly for a seed. */
export function seededRandom(seed: number): () => number {
  let state = (seed >>> 0) || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x1_0000_0000;
  };
}
