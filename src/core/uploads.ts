import type { SourceProperties } from "./source.ts";

/** A clip that was sent. */
export interface UploadView {
  /** Its file's name, which is its own. */
  name: string;
  bytes: number;
  uploadedAt: string;
  /** What plays it, for a registration. */
  source: { kind: "file"; path: string };
  /** The streams that do. */
  users: string[];
}

/** The same right after it came, with what was found in it. */
export interface Uploaded extends UploadView {
  video: Pick<SourceProperties, "codec" | "width" | "height" | "fps" | "durationMs">;
}

/** A clip on its way; it is gone when it is disposed of before its end. */
export interface ClipUpload extends AsyncDisposable {
  write(bytes: Uint8Array): Promise<void>;
  /** All of it is here: looks whether it is a video, and keeps it. */
  finish(signal: AbortSignal): Promise<Uploaded>;
}

/** Clips that are sent to be played as files. */
export interface UploadService {
  /** Makes room for a clip; `name` is how its sender calls it. */
  receive(name: string): Promise<ClipUpload>;
  list(): Promise<UploadView[]>;
  get(name: string): Promise<UploadView>;
  remove(name: string): Promise<void>;
}
