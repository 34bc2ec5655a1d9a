import { isIPv4 } from "node:net";
import { z } from "zod";
import { redactUrl } from "../../src/core/redact.ts";
import { type Source, SourceError, type SourceSink } from "../../src/core/source.ts";
import { runFrames } from "../av/frames.ts";
import { type Input, openInput } from "../av/input.ts";
import type { PacketTap } from "../av/packet_tap.ts";
import { bareHost } from "./check_url.ts";
import { type ContactRules, ownRules, withAddress } from "./contact_rules.ts";
import { failAfter } from "./fail_after.ts";
import { reach, resolveHost } from "./reach.ts";
import type { SourceContext, SourcePlugin } from "./registry.ts";
import { Relay } from "./relay.ts";
import { runWatched } from "./run_watched.ts";
import type { SourceRules } from "./source_rules.ts";

const SCHEMES = ["http", "https", "rtmp", "rtmps", "srt", "udp", "tcp"];

/** Video at an address on the network. */
export const urlSchema = z.strictObject({
  kind: z.literal("url"),
  url: z.string().refine(isStreamUrl, `must be an address that begins with ${SCHEMES.join("://, ")}://`)
    .describe("address of the video: a file, HLS or MJPEG over HTTP; RTMP; SRT; MPEG-TS over UDP or TCP"),
  live: z.boolean().optional()
    .describe("whether it never ends by itself, so that every end is a failure; default: unless it tells its length"),
  pace: z.enum(["realtime", "fast"]).default("realtime")
    .describe("for what ends: at the speed it was made, or as fast as possible with every frame"),
  allowLinkLocal: z.boolean().default(false)
    .describe("whether link-local addresses may be contacted, where clouds keep the credentials of their machines"),
  verifyTls: z.boolean().default(true).describe("whether certificates of HTTPS servers must be good"),
  openTimeoutMs: z.int().min(100).max(120_000).default(10_000)
    .describe("milliseconds from looking up the host to knowing the video"),
  readTimeoutMs: z.int().min(100).max(600_000).default(10_000)
    .describe("milliseconds without a frame after which the other side counts as silent"),
  pictureTimeoutMs: z.int().min(1000).max(600_000).default(30_000)
    .describe("milliseconds in which frames come but none can be decoded, after which it is opened anew"),
});

/** Configuration of a {@link url} source. */
export type UrlConfig = z.infer<typeof urlSchema>;

/** Whatever else FFmpeg opens over a network. */
export const url: SourcePlugin<UrlConfig> = {
  kind: "url",
  describe: "video on the network: a file, HLS or MJPEG over HTTP(S), RTMP, SRT, MPEG-TS over UDP or TCP",
  schema: urlSchema,
  shorthand: (text) => isStreamUrl(text) ? { kind: "url", url: text } : undefined,
  policy: ({ live, pace }) => pace === "fast" && !live ? "block" : "latest",
  redacted: (config) => redactUrl(config.url),
  open: (config, context) => openUrl(config, context),
};

function openUrl(config: UrlConfig, { rules, tap }: Pick<SourceContext, "rules" | "tap">): Source {
  const watch = { timeoutMs: config.pictureTimeoutMs, url: redactUrl(config.url) };
  const address = new URL(config.url);
  const web = /^https?:$/.test(address.protocol);
  const run = web ? runWeb : runDirect;
  const contacts = rulesFor(config, web ? ["http", "https"] : SCHEMES, rules);
  return {
    run: (sink, signal) =>
      runWatched(sink, signal, watch, (watched, stop) => run({ config, contacts, tap }, watched, stop)),
  };
}

/** Over HTTP everything passes a relay, because FFmpeg would follow redirects and playlists anywhere. */
async function runWeb({ config, contacts, tap }: Permitted, sink: SourceSink, signal: AbortSignal) {
  const { username, password, origin } = new URL(config.url);
  const address = new URL(config.url);
  address.username = address.password = "";
  const credentials = username === ""
    ? undefined
    : { origin, username: decodeURIComponent(username), password: decodeURIComponent(password) };
  const { verifyTls, openTimeoutMs } = config;
  await using relay = new Relay({ rules: contacts, credentials, verifyTls, timeoutMs: openTimeoutMs });
  try {
    await using input = await open(config, signal, {
      url: relay.address(address),
      protocolWhitelist: "http,tcp,crypto",
      // The relay is on this machine whatever the environment says of proxies, and what segments are called does not
      // matter where it is known what may be opened.
      options: { http_proxy: "", allowed_extensions: "ALL", extension_picky: "0" },
      openTimeoutMs,
    });
    return await runFrames(input, sink, signal, { pace: input.properties.live ? undefined : config.pace, tap });
  } catch (error) {
    throw error instanceof SourceError && error.code !== "timeout" ? relay.failure ?? error : error;
  }
}

async function runDirect({ config, contacts, tap }: Permitted, sink: SourceSink, signal: AbortSignal) {
  const shown = redactUrl(config.url);
  const late = () => new SourceError("timeout", `Cannot open ${shown}: no answer within ${config.openTimeoutMs} ms`);
  const named = new URL(config.url);
  let leftMs: number;
  let address: string | undefined;
  {
    using limit = failAfter(config.openTimeoutMs, signal, late);
    address = await find(named, { config, contacts }, limit.signal);
    leftMs = limit.leftMs;
  }
  const { protocol } = named;
  await using input = await open(config, signal, {
    url: contacts.pinned && address !== undefined ? withAddress(named, address).href : config.url,
    protocolWhitelist: PROTOCOLS[protocol],
    options: protocol === "udp:" ? { overrun_nonfatal: "1" } : {},
    openTimeoutMs: Math.max(1, leftMs),
  });
  return await runFrames(input, sink, signal, { pace: input.properties.live ? undefined : config.pace, tap });
}

const PROTOCOLS: Record<string, string> = {
  "rtmp:": "rtmp,tcp",
  "rtmps:": "rtmps,tls,tcp",
  "srt:": "srt",
  "udp:": "udp",
  "tcp:": "tcp",
};

const TCP_PORTS: Record<string, number> = { "rtmp:": 1935, "rtmps:": 443 };

/**
 * Makes sure that a host is known, allowed and, where it listens for connections, there. Resolves with the address under
 * which it is, if it has a name.
 */
async function find(url: URL, { config, contacts }: Permitted, signal: AbortSignal): Promise<string | undefined> {
  const shown = redactUrl(config.url);
  const reason = contacts.refuseUrl(url);
  if (reason) throw new SourceError("denied", `Cannot open ${shown}: ${reason}`);
  const host = bareHost(url);
  const target = { host, url: shown, refuse: (found: string) => contacts.refuseAddress(host, found) };
  const port = Number(url.port) || TCP_PORTS[url.protocol];
  if (/^(rtmps?|tcp):$/.test(url.protocol) && port) {
    const socket = await reach({ ...target, port, timeoutMs: config.openTimeoutMs }, signal);
    const { remoteAddress } = socket;
    socket.destroy();
    return remoteAddress;
  }
  if (host === "") return undefined;
  const addresses = await resolveHost(target);
  // Without a connection nobody learns which of them answers; what sends packets mostly listens for IPv4.
  return addresses.find((address) => isIPv4(address)) ?? addresses[0];
}

/** A source and what it may contact. */
interface Permitted {
  config: UrlConfig;
  contacts: ContactRules;
  tap?: PacketTap;
}

function rulesFor({ allowLinkLocal }: UrlConfig, schemes: string[], rules: SourceRules | undefined): ContactRules {
  return rules?.contacts(schemes) ?? ownRules({ schemes, deny: allowLinkLocal ? [] : ["link-local"] });
}

// Containers and streams, and playlists of them. Formats that name other files or devices are left out.
const FORMATS = [
  ...["mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska", "webm", "avi", "mpegts", "mpeg", "flv", "live_flv", "asf"],
  ...["ogg", "hls", "mpjpeg", "mjpeg", "jpeg_pipe", "h264", "hevc", "av1", "obu", "ivf", "m4v", "mpegvideo", "nut"],
  ...["aac", "mp3", "webvtt"],
].join(",");

type Opening = Pick<Parameters<typeof openInput>[0], "url" | "protocolWhitelist" | "options" | "openTimeoutMs">;

function open(config: UrlConfig, signal: AbortSignal, opening: Opening): Promise<Input> {
  return openInput({
    ...opening,
    name: config.url,
    options: { format_whitelist: FORMATS, ...opening.options },
    readTimeoutMs: config.readTimeoutMs,
    live: config.live ?? "unless-it-ends",
  }, signal);
}

function isStreamUrl(text: string): boolean {
  // Without the slashes FFmpeg still finds a host where the checks find none.
  if (!URL.canParse(text) || !/^[a-z]+:\/\//i.test(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (!SCHEMES.includes(protocol.slice(0, -1)) || (hostname === "" && protocol !== "udp:" && protocol !== "srt:")) {
    return false;
  }
  try {
    // deno-lint-ignore no-control-regex
    return !/[\x00-\x1f\x7f]/.test(decodeURIComponent(username) + decodeURIComponent(password));
  } catch {
    return false;
  }
}
