import {
  AVERROR_DECODER_NOT_FOUND,
  AVERROR_DEMUXER_NOT_FOUND,
  AVERROR_EOF,
  AVERROR_EXIT,
  AVERROR_HTTP_BAD_REQUEST,
  AVERROR_HTTP_FORBIDDEN,
  AVERROR_HTTP_NOT_FOUND,
  AVERROR_HTTP_SERVER_ERROR,
  AVERROR_HTTP_UNAUTHORIZED,
  AVERROR_INVALIDDATA,
  AVERROR_PATCHWELCOME,
  AVERROR_PROTOCOL_NOT_FOUND,
  AVERROR_STREAM_NOT_FOUND,
} from "node-av/constants";
import { FFmpegError, PosixError } from "node-av/lib";
import { redactUrl } from "../../src/core/redact.ts";
import { SourceError, type SourceErrorCode, type SourceProperties } from "../../src/core/source.ts";
import { errorText } from "./native.ts";

interface Address {
  url: string;
  /** What messages call it, where the address itself would say nothing to people. */
  name?: string;
  live?: boolean | "unless-it-ends";
  options?: Record<string, string>;
  protocolWhitelist?: string;
}

/** What people may see of an input's address. */
export function addressOf({ url, name }: { url: string; name?: string }): string {
  return redactUrl(name ?? url.replace(/^file:/, ""));
}

// POSIX numbers differ between systems, and not every name is one that the binding knows.
const POSIX: Record<string, { darwin: number; linux: number; windows: number }> = {
  ECONNREFUSED: { linux: 111, darwin: 61, windows: 10061 },
  ETIMEDOUT: { linux: 110, darwin: 60, windows: 10060 },
  EHOSTUNREACH: { linux: 113, darwin: 65, windows: 10065 },
  ENETUNREACH: { linux: 101, darwin: 51, windows: 10051 },
  ECONNRESET: { linux: 104, darwin: 54, windows: 10054 },
};

const CODES: ReadonlyMap<number, SourceErrorCode> = new Map<number, SourceErrorCode>([
  [AVERROR_HTTP_UNAUTHORIZED, "unauthorized"],
  [AVERROR_HTTP_FORBIDDEN, "forbidden"],
  [AVERROR_HTTP_NOT_FOUND, "not_found"],
  [AVERROR_PROTOCOL_NOT_FOUND, "unsupported"],
  [AVERROR_DEMUXER_NOT_FOUND, "unsupported"],
  [AVERROR_DECODER_NOT_FOUND, "unsupported"],
  [AVERROR_PATCHWELCOME, "unsupported"],
  [AVERROR_STREAM_NOT_FOUND, "no_video"],
  [AVERROR_INVALIDDATA, "invalid"],
  [FFmpegError.AVERROR(PosixError.ENOENT), "not_found"],
  [FFmpegError.AVERROR(PosixError.EACCES), "denied"],
  [FFmpegError.AVERROR(PosixError.EPERM), "denied"],
  [FFmpegError.AVERROR(PosixError.EPIPE), "closed"],
  [posix("ECONNREFUSED"), "refused"],
  [posix("ETIMEDOUT"), "timeout"],
  [posix("EHOSTUNREACH"), "unreachable"],
  [posix("ENETUNREACH"), "unreachable"],
  [posix("ECONNRESET"), "closed"],
]);

/** What a server answered, in its own words where FFmpeg remembers which. */
const STATUS: ReadonlyMap<number, string> = new Map<number, string>([
  [AVERROR_HTTP_BAD_REQUEST, "400 Bad Request"],
  [AVERROR_HTTP_UNAUTHORIZED, "401 Unauthorized"],
  [AVERROR_HTTP_FORBIDDEN, "403 Forbidden"],
  [AVERROR_HTTP_NOT_FOUND, "404 Not Found"],
  [AVERROR_HTTP_SERVER_ERROR, "the server answers with an error of its own (5xx)"],
]);

const EINVAL: number = FFmpegError.AVERROR(PosixError.EINVAL);
const EPERM: number = FFmpegError.AVERROR(PosixError.EPERM);

/** Why an input could not be opened. */
export function openFailure(address: Address, code: number, timedOut: boolean): SourceError {
  const url = addressOf(address);
  if (timedOut) return new SourceError("timeout", `Cannot open ${url}: no answer in time`);
  const camera = /^rtsps?:/i.test(address.url) ? rtspOpenFailure(url, code) : undefined;
  if (camera) return camera;
  if (code === EINVAL && !mayUse(address)) {
    return new SourceError("unsupported", `Cannot open ${url}: its protocol is none of those that may be used`);
  }
  if (code === EINVAL && address.options?.format_whitelist) {
    return new SourceError("unsupported", `Cannot open ${url}: its format is none of those that may be opened`);
  }
  if (code === AVERROR_EOF) return new SourceError("empty", `Cannot open ${url}: it holds nothing`);
  const why = STATUS.get(code) ?? errorText(code);
  return new SourceError(CODES.get(code) ?? "failed", `Cannot open ${url}: ${why}`);
}

/** FFmpeg's RTSP client has ways of its own to fail. */
function rtspOpenFailure(url: string, code: number): SourceError | undefined {
  // A camera's own protocol is left off the list because FFmpeg asks for it before it follows a redirect, and only then.
  if (code === EINVAL) return new SourceError("denied", `Cannot open ${url}: it redirects, and that is not followed`);
  // All of these stand for a conversation that ended before its time.
  if (code !== EPERM && code !== AVERROR_INVALIDDATA && code !== AVERROR_EOF) return undefined;
  return new SourceError("closed", `Cannot open ${url}: the camera broke off while it was being set up`);
}

/** Why an open input could not be read further. */
export function readFailure(address: Address, code: number, timedOut: boolean): SourceError {
  const url = addressOf(address);
  if (timedOut || code === AVERROR_EXIT) {
    return new SourceError("timeout", `Cannot read ${url}: nothing came in time`);
  }
  const known = CODES.get(code);
  if (address.live) {
    const cause = known === "timeout" ? "timeout" : known === "invalid" ? "invalid" : "closed";
    return new SourceError(cause, `Cannot read ${url}: ${errorText(code)}`);
  }
  return new SourceError(
    known === "invalid" ? "truncated" : known ?? "failed",
    `Cannot read ${url}: ${errorText(code)}`,
  );
}

/** Whether an input that says it is at its end has a right to be; undefined when it has. */
export function endOfInput(
  address: Address,
  properties: SourceProperties,
  read: { packets: number; reachedUs: number },
): SourceError | undefined {
  const url = addressOf(address);
  if (properties.live) return new SourceError("closed", `Cannot read ${url}: the other side ended the stream`);
  const { frames, durationMs, fps } = properties;
  if (read.packets === 0) return new SourceError("empty", `Cannot play ${url}: its video has no frames`);
  if (frames !== undefined) {
    if (read.packets >= frames) return undefined;
    return new SourceError(
      "truncated",
      `Cannot read ${url} further: it ends after ${read.packets} of ${frames} frames`,
    );
  }
  if (durationMs === undefined) return undefined;
  // Durations are rounded by some writers, and cover the audio in some containers.
  const slackMs = Math.max(1000, 2000 / (fps ?? 25), durationMs * 0.02);
  if (read.reachedUs / 1000 >= durationMs - slackMs) return undefined;
  const at = (ms: number) => (ms / 1000).toFixed(1);
  return new SourceError(
    "truncated",
    `Cannot read ${url} further: it ends at ${at(read.reachedUs / 1000)} of ${at(durationMs)} seconds`,
  );
}

function mayUse({ url, protocolWhitelist }: Address): boolean {
  const scheme = /^[a-z][a-z0-9+.-]*(?=:)/i.exec(url)?.[0].toLowerCase();
  return !scheme || !protocolWhitelist || protocolWhitelist.split(",").includes(scheme);
}

function posix(name: string): number {
  const os = Deno.build.os === "darwin" || Deno.build.os === "windows" ? Deno.build.os : "linux";
  return -POSIX[name][os];
}
