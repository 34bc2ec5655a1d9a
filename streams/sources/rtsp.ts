import { z } from "zod";
import { redactUrl } from "../../src/core/redact.ts";
import { type Source, SourceError, type SourceErrorCode } from "../../src/core/source.ts";
import { runFrames } from "../av/frames.ts";
import { type Input, openInput } from "../av/input.ts";
import type { PacketTap } from "../av/packet_tap.ts";
import { type ContactRules, withAddress } from "./contact_rules.ts";
import { failAfter, type TimeLimit } from "./fail_after.ts";
import { runWatched } from "./run_watched.ts";
import type { SourcePlugin } from "./registry.ts";
import { describe, knock, rtspPort } from "./rtsp_knock.ts";

/** A camera that speaks RTSP. */
export const rtspSchema = z.strictObject({
  kind: z.literal("rtsp"),
  url: z.string().refine(
    isRtspUrl,
    "must be an address that begins with rtsp:// or rtsps://, special characters encoded",
  )
    .describe("address of the camera, rtsp:// or rtsps:// (TLS; the camera's certificate is not checked)"),
  transport: z.enum(["tcp", "udp", "auto"]).default("tcp")
    .describe(
      "how video travels: inside the connection, as UDP packets, or the first of the two that the camera takes",
    ),
  username: z.string().min(1).refine(isPrintable, "must hold no control characters").optional().describe(
    "overrides the user in the address",
  ),
  password: z.string().refine(isPrintable, "must hold no control characters").optional().describe(
    "overrides the password in the address",
  ),
  openTimeoutMs: z.int().min(100).max(120_000).default(5000)
    .describe("milliseconds from looking up the host to knowing the video"),
  readTimeoutMs: z.int().min(100).max(600_000).default(10_000)
    .describe("milliseconds without a frame after which the camera counts as silent"),
  pictureTimeoutMs: z.int().min(1000).max(600_000).default(30_000)
    .describe("milliseconds in which frames come but none can be decoded, after which the camera is opened anew"),
});

/** Configuration of an {@link rtsp} source. */
export type RtspConfig = z.infer<typeof rtspSchema>;

/** Cameras that speak RTSP. For them every end but an abort is a failure. */
export const rtsp: SourcePlugin<RtspConfig> = {
  kind: "rtsp",
  describe: "a network camera: rtsp://… or rtsps://…",
  schema: rtspSchema,
  shorthand: (text) => /^rtsps?:/i.test(text) ? { kind: "rtsp", url: text } : undefined,
  redacted: ({ url }) => redactUrl(url),
  open: (config, { rules, tap }) => openRtsp(config, { rules: rules?.contacts(["rtsp", "rtsps"]), tap }),
};

function openRtsp(config: RtspConfig, { rules, tap }: { rules?: ContactRules; tap?: PacketTap }): Source {
  const watch = { timeoutMs: config.pictureTimeoutMs, url: redactUrl(config.url) };
  return {
    run: (sink, signal) =>
      runWatched(sink, signal, watch, async (watched, stop) => {
        await using input = await openCamera(config, rules, stop);
        return await runFrames(input, watched, stop, { tap });
      }),
  };
}

async function openCamera(
  config: RtspConfig,
  rules: ContactRules | undefined,
  signal: AbortSignal,
): Promise<Input> {
  const { transport, openTimeoutMs, readTimeoutMs } = config;
  let url = addressOf(config);
  const shown = redactUrl(url.href);
  const late = () => new SourceError("timeout", `Cannot open ${shown}: no answer within ${openTimeoutMs} ms`);
  using limit = failAfter(openTimeoutMs, signal, late);
  const address = await knock(url, { rules, timeoutMs: openTimeoutMs }, limit.signal);
  for (let moves = 0; moves <= MOST_MOVES; moves++) {
    try {
      return await openInput({
        url: rules?.pinned ? withAddress(url, address).href : url.href,
        name: url.href,
        format: "rtsp",
        options: { allowed_media_types: "video", ...TRANSPORTS[transport] },
        openTimeoutMs: Math.max(1, limit.leftMs),
        readTimeoutMs,
        protocolWhitelist: protocols(url, transport),
        live: true,
      }, signal);
    } catch (error) {
      if (!(error instanceof SourceError) || !UNEXPLAINED.has(error.code)) throw error;
      url = await movedTo(url, { failure: error, limit, rules });
    }
  }
  throw new SourceError("invalid", `Cannot open ${shown}: it redirects again and again`);
}

const MOST_MOVES = 5;

/** FFmpeg follows no redirect that it is not allowed to, and does not say what else it stumbled over. */
const UNEXPLAINED: ReadonlySet<SourceErrorCode> = new Set(["denied", "closed", "failed"]);

/** Where a camera that could not be opened says it is instead, on the same host; else throws why it cannot be opened. */
async function movedTo(
  url: URL,
  { failure, limit, rules }: { failure: SourceError; limit: TimeLimit; rules: ContactRules | undefined },
): Promise<URL> {
  const shown = redactUrl(url.href);
  let reply;
  try {
    reply = await describe(url, { rules, timeoutMs: limit.leftMs }, limit.signal);
  } catch {
    throw failure;
  }
  if (reply.status === 200 && !/^m=video\s/m.test(reply.body)) {
    throw new SourceError("no_video", `Cannot play ${shown}: it has no video`);
  }
  if (reply.status < 300 || reply.status >= 400) throw failure;
  const to = URL.canParse(reply.location, url) ? new URL(reply.location, url) : undefined;
  if (to?.protocol !== url.protocol || to.hostname !== url.hostname || rtspPort(to) !== rtspPort(url)) {
    const where = to ? `another host, ${to.host}` : "nowhere";
    throw new SourceError("denied", `Cannot open ${shown}: it redirects to ${where}`);
  }
  to.username = url.username;
  to.password = url.password;
  return to;
}

function addressOf({ url, username, password }: RtspConfig): URL {
  const address = new URL(url);
  if (username !== undefined) address.username = encodeURIComponent(username);
  if (password !== undefined) address.password = encodeURIComponent(password);
  return address;
}

const TRANSPORTS: Record<RtspConfig["transport"], Record<string, string>> = {
  tcp: { rtsp_transport: "tcp" },
  // Key frames of large pictures come in bursts that the system's default for sockets does not hold, and packets
  // that overtake each other do so by a few places only.
  udp: { rtsp_transport: "udp", buffer_size: "4194304", reorder_queue_size: "128" },
  auto: { rtsp_transport: "tcp+udp", rtsp_flags: "prefer_tcp", buffer_size: "4194304" },
};

function protocols(url: URL, transport: RtspConfig["transport"]): string {
  const control = url.protocol === "rtsps:" ? "tcp,tls" : "tcp";
  return transport === "tcp" ? control : `${control},udp,rtp`;
}

function isRtspUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  return /^rtsps?:$/.test(protocol) && hostname !== "" && isPrintable(decoded(username) + decoded(password));
}

/** What is no percent-encoding counts as unprintable. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "\0";
  }
}

/** A line break in a name would begin a header of its own. */
function isPrintable(text: string): boolean {
  // deno-lint-ignore no-control-regex
  return !/[\x00-\x1f\x7f]/.test(text);
}
