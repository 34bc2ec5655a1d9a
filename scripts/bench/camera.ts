import { print } from "../../src/cli/print.ts";
import { delay } from "./delay.ts";
import { videoOfTransportStream } from "./ts_pictures.ts";

/** Cameras to play over RTSP. */
export interface CameraOptions {
  /** An H.264 clip in an MPEG transport stream; every camera plays it in a loop from its first picture on. */
  clip: string;
  fps: number;
  cameras: number;
  /** Resets every connection this often. */
  flapMs?: number;
}

/** The first argument by which the program knows that it is to play cameras. */
export const CAMERA_FLAG = "--camera";

/**
 * Plays cameras until its input closes: first prints its port, at the end the moment at which each camera sent its
 * first picture (Unix milliseconds). It runs in a process of its own, so that what is measured does not pay for it.
 */
export async function camera(options: CameraOptions): Promise<number> {
  // What plays is the tests' own RTSP server: it is no part of the product.
  const { RtspServer } = await import("../../tests/support/rtsp_server.ts");
  const { splitStream } = await import("../../tests/support/rtp_track.ts");
  const units = splitStream("h264", videoOfTransportStream(await Deno.readFile(options.clip)));
  const paths = Array.from({ length: options.cameras }, (_, n) => `c${n + 1}`);
  const server = new RtspServer({
    tracks: { main: { codec: "h264", width: 1280, height: 720, units } },
    cameras: Object.fromEntries(paths.map((path) => [path, { fps: options.fps }])),
  });
  const port = await server.listen();
  print(JSON.stringify({ port }));
  const flap = options.flapMs && setInterval(() => server.cut("rst"), options.flapMs);
  const first = new Map<string, number>();
  const watch = setInterval(() => {
    const { frames } = server.stats();
    for (const [path, count] of Object.entries(frames)) {
      const sentFirstAtMs = Date.now() - ((count - 1) * 1000) / options.fps;
      first.set(path, Math.min(first.get(path) ?? Infinity, sentFirstAtMs));
    }
  }, 2);
  for await (const _ of Deno.stdin.readable) await delay(0);
  clearInterval(watch);
  clearInterval(flap);
  await server.close();
  print(JSON.stringify({ firstSentAtMs: Object.fromEntries(first) }));
  return 0;
}
