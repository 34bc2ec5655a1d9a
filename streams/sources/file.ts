import { isAbsolute, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { type Source, SourceError, type SourceErrorCode } from "../../src/core/source.ts";
import { runFrames } from "../av/frames.ts";
import { openInput } from "../av/input.ts";
import type { SourceContext, SourcePlugin } from "./registry.ts";

/** A video file of this machine. */
export const fileSchema = z.strictObject({
  kind: z.literal("file"),
  path: z.string().min(1).describe(
    "path of the file; over the API, one that is not whole is counted from the media root",
  ),
  pace: z.enum(["fast", "realtime"]).default("fast").describe("as fast as possible, or at the speed it was made"),
  loop: z.boolean().default(false).describe("starts over at its end"),
});

/** Configuration of a {@link file} source. */
export type FileConfig = z.infer<typeof fileSchema>;

// Containers and streams of video. Playlists and scripts are left out: they name other files, which nobody has checked.
const CONTAINERS = [
  ...["mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska", "webm", "avi", "mpegts", "mpeg", "flv", "asf", "ogg"],
  ...["mxf", "nut", "dv", "wtv", "rm", "swf", "gif", "apng", "ivf", "yuv4mpegpipe", "h264", "hevc", "av1", "obu"],
  ...["m4v", "mpegvideo", "vc1", "mjpeg", "jpeg_pipe", "png_pipe", "webp_pipe", "bmp_pipe", "tiff_pipe"],
  ...["mp3", "wav", "flac", "aac", "aiff"],
].join(",");

/** Video files: every frame counts, unless they are played at their own speed. */
export const file: SourcePlugin<FileConfig> = {
  kind: "file",
  describe: "a video file: as fast as possible, paced in real time, or looped",
  schema: fileSchema,
  shorthand(text) {
    if (/^file:/i.test(text)) return { kind: "file", path: fileURLToPath(new URL(text)) };
    // One letter before the colon is a drive, not a scheme.
    return /^[a-z][a-z0-9+.-]+:/i.test(text) ? undefined : { kind: "file", path: text };
  },
  policy: ({ pace }) => pace === "realtime" ? "latest" : "block",
  ends: true,
  redacted: ({ path }) => path,
  open: (config, context) => openFile(config, context),
};

function openFile(config: FileConfig, { rules, tap }: Pick<SourceContext, "rules" | "tap">): Source {
  const { path, pace, loop } = config;
  return {
    async run(sink, signal) {
      if (signal.aborted) return "aborted";
      // Links may lead elsewhere by now.
      const allowed = await rules?.file(path).catch((cause) => {
        throw new SourceError(cause.code === "not_found" ? "not_found" : "denied", cause.message, { cause });
      });
      const real = await regularFile(path, allowed);
      try {
        await using input = await openInput({
          url: `file:${real}`,
          // FFmpeg takes a JPEG, by its name, for one of a row of files, which is not a format that may be opened.
          ...(/\.jpe?g$/i.test(real) && { format: "jpeg_pipe" }),
          options: { format_whitelist: CONTAINERS },
          openTimeoutMs: 10_000,
          readTimeoutMs: 10_000,
          protocolWhitelist: "file",
        }, signal);
        return await runFrames(input, sink, signal, { pace, loop, tap });
      } catch (error) {
        if (signal.aborted) return "aborted";
        throw error;
      }
    },
  };
}

/** The file that a path leads to in the end; `allowed` is where that may be. */
async function regularFile(path: string, allowed = isAbsolute(path) ? path : resolve(path)): Promise<string> {
  const fail = (code: SourceErrorCode, why: string, cause?: unknown) =>
    new SourceError(code, `Cannot open ${path}: ${why}`, { cause });
  try {
    const real = await Deno.realPath(allowed);
    const info = await Deno.stat(real);
    if (info.isDirectory) throw fail("invalid", "it is a directory");
    if (!info.isFile) throw fail("invalid", "it is no regular file");
    if (info.size === 0) throw fail("empty", "it is empty");
    using _readable = await Deno.open(real);
    return real;
  } catch (error) {
    if (error instanceof SourceError) throw error;
    if (error instanceof Deno.errors.NotFound) throw fail("not_found", "there is no such file", error);
    if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
      throw fail("denied", "reading it is not permitted", error);
    }
    throw fail("failed", error instanceof Error ? error.message : String(error), error);
  }
}
