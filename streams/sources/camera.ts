import { z } from "zod";
import { type Source, SourceError } from "../../src/core/source.ts";
import { listCameras } from "../av/cameras.ts";
import { runFrames } from "../av/frames.ts";
import { type InputOptions, openInput } from "../av/input.ts";
import type { PacketTap } from "../av/packet_tap.ts";
import type { SourcePlugin } from "./registry.ts";

/** A camera of this machine. */
export const cameraSchema = z.strictObject({
  kind: z.literal("camera"),
  device: z.string().min(1).default("0").describe("number, device path or name of the camera"),
  format: z.enum(["v4l2", "avfoundation", "dshow", "lavfi"]).optional()
    .describe("the way to the camera; default this platform's; lavfi makes test pictures, its graph is the device"),
  width: z.int().positive().optional().describe("pixels"),
  height: z.int().positive().optional().describe("pixels"),
  fps: z.number().positive().max(1000).optional().describe("frames a second"),
  encoding: z.string().regex(/^[a-z0-9_]+$/).optional().describe("what the camera sends, such as mjpeg or yuyv422"),
  openTimeoutMs: z.int().positive().default(10_000),
  readTimeoutMs: z.int().positive().default(10_000),
}).refine((config) => (config.width === undefined) === (config.height === undefined), {
  message: "width and height go together",
}).refine((config) => config.format !== "lavfi" || isTestGraph(config.device), {
  message: "only filters that make test pictures are allowed",
  path: ["device"],
});

/** Configuration of a {@link camera} source. */
export type CameraConfig = z.infer<typeof cameraSchema>;

/** USB and built-in cameras. */
export const camera: SourcePlugin<CameraConfig> = {
  kind: "camera",
  describe: "a camera of this machine: camera:0, camera:/dev/video2 or camera:<name>",
  schema: cameraSchema,
  shorthand(text) {
    const device = /^camera:(.*)$/is.exec(text)?.[1];
    return device === undefined ? undefined : { kind: "camera", device: device === "" ? "0" : device };
  },
  redacted: ({ device }) => `camera:${device}`,
  open: (config, { tap }) => openCamera(config, tap),
};

// Some filters read files or the network; these do not.
const TEST_FILTERS = new Set([
  ...["testsrc", "testsrc2", "rgbtestsrc", "yuvtestsrc", "smptebars", "smptehdbars", "pal75bars", "color", "gradients"],
  ...["mandelbrot", "sierpinski", "realtime", "format", "scale", "fps", "noise", "hue", "null"],
  ...["trim", "setpts", "hflip", "vflip", "transpose", "crop", "pad", "drawbox", "drawgrid", "split", "overlay"],
]);

function isTestGraph(graph: string): boolean {
  return graph.split(/[,;]/).every((filter) => {
    const name = /^\s*(?:\[[^\]]*\]\s*)*([a-z0-9_]+)\s*(?:=|\[|$)/.exec(filter)?.[1];
    return name !== undefined && TEST_FILTERS.has(name);
  });
}

const FORMATS: Partial<Record<typeof Deno.build.os, "v4l2" | "avfoundation" | "dshow">> = {
  linux: "v4l2",
  android: "v4l2",
  darwin: "avfoundation",
  windows: "dshow",
};

function openCamera(config: CameraConfig, tap: PacketTap | undefined): Source {
  return {
    async run(sink, signal) {
      if (signal.aborted) return "aborted";
      const format = config.format ?? FORMATS[Deno.build.os];
      if (!format) throw new SourceError("unsupported", `Cannot open a camera: ${Deno.build.os} has no way to one`);
      try {
        await using input = await openInput(await inputOf(config, format), signal);
        return await runFrames(input, sink, signal, { tap });
      } catch (error) {
        if (signal.aborted) return "aborted";
        throw error;
      }
    },
  };
}

async function inputOf(config: CameraConfig, format: NonNullable<CameraConfig["format"]>): Promise<InputOptions> {
  const { width, height, fps, encoding, openTimeoutMs, readTimeoutMs } = config;
  const options: Record<string, string> = {};
  if (format !== "lavfi") {
    if (width && height) options.video_size = `${width}x${height}`;
    if (fps) options.framerate = String(fps);
    if (encoding) {
      const compressed = encoding === "mjpeg" || encoding === "h264";
      options[format === "v4l2" ? "input_format" : compressed ? "vcodec" : "pixel_format"] = encoding;
    }
  }
  const url = await addressOf(config.device, format);
  const times = { openTimeoutMs, readTimeoutMs };
  return { url, format, options, ...times, protocolWhitelist: "file", live: true, polled: format !== "lavfi" };
}

/** What FFmpeg calls the device. */
async function addressOf(device: string, format: NonNullable<CameraConfig["format"]>): Promise<string> {
  if (format === "lavfi") return device;
  if (format === "avfoundation") return `${device}:none`;
  const number = /^\d+$/.test(device) ? Number(device) : undefined;
  if (format === "v4l2") {
    const path = number !== undefined ? `/dev/video${number}` : device;
    const named = path.startsWith("/") ? path : (await listCameras()).find(({ name }) => name.includes(path))?.device;
    if (named && await exists(named)) return named;
    throw await missing(device);
  }
  if (number === undefined) return `video=${device}`;
  const found = (await listCameras())[number];
  if (!found) throw await missing(device);
  return `video=${found.device}`;
}

async function missing(device: string): Promise<SourceError> {
  const cameras = await listCameras();
  const there = cameras.length === 0
    ? "no camera is connected"
    : `there are: ${cameras.map(({ device, name }) => `${device} (${name})`).join(", ")}`;
  return new SourceError("not_found", `Cannot open camera ${device}: ${there}`);
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}
