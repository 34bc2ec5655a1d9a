import { FFmpegError, PosixError } from "node-av/lib";

/** The words FFmpeg has for one of its error codes. */
export function errorText(code: number): string {
  return FFmpegError.strerror(code).replace(/\0+$/, "");
}

/** Throws when an FFmpeg call answered an error. `what` says what could not be done. */
export function check(code: number, what: string): void {
  if (code < 0) throw new Error(`Cannot ${what}: ${errorText(code)}`);
}

/** "Not now": more input is needed, or output has to be taken first. Its number differs between systems. */
export const AGAIN: number = FFmpegError.AVERROR(PosixError.EAGAIN);
