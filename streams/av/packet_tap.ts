import type { VideoPacket, VideoStream } from "./input.ts";

/** Sees the encoded video of a source go by, before anything is decoded. It must neither throw nor wait. */
export interface PacketTap {
  /** An input is open; times start anew. */
  opened(video: VideoStream): void;
  /** One packet, which stays the input's; `ptsUs` is its frame's presentation time. */
  packet(packet: VideoPacket, ptsUs: number): void;
  /** A file starts over: its packets do not follow on those before, though presentation times go on. */
  rewound(): void;
  /** The input is about to be closed. */
  closed(): void;
}
