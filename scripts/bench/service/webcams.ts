import { join } from "node:path";
import { encodeJpeg } from "../../../streams/av/jpeg.ts";
import { pictureFromPixels } from "../../../streams/av/picture.ts";
import { createPitchScene } from "../../../streams/scenes/pitch_scene.ts";
import { delay } from "../delay.ts";
import { ClientProcess } from "./client_process.ts";
import { type Contestant, MODEL } from "./contestants.ts";
import { cores } from "./service_process.ts";
import { Stage } from "./stage.ts";
import type { WebcamClientsResult } from "./webcam_clients.ts";

/** How many webcams send, and how long. */
export interface WebcamsOptions {
  cameras: number;
  seconds: number;
}

/** One measurement. */
export interface WebcamsRun extends WebcamClientsResult {
  cores: number;
  pssMb?: number;
  /** What became of all frames, where the service keeps account. */
  frames?: {
    received: number;
    completed: number;
    decoded: number;
    dropped: Record<string, number>;
    unaccounted: number;
  };
}

const FPS = 5;
const SIZE = { width: 640, height: 480 };
const PICTURES = 25;

/** What becomes of the pictures of many webcams that together send more than can be looked at. */
export async function webcams(contestant: Contestant, { cameras, seconds }: WebcamsOptions): Promise<WebcamsRun> {
  const pictures = await Deno.makeTempDir({ prefix: "weir-bench-webcams-" });
  try {
    await drawPictures(pictures);
    await using stage = await Stage.set(contestant);
    const { service } = stage;
    const senders = new ClientProcess("webcam_clients", {
      port: service.port,
      path: "/api/v1/ingest",
      query: contestant.credits ? `?create=${MODEL}` : "",
      cameras,
      fps: FPS,
      seconds,
      pictures,
      credits: contestant.credits,
    });
    await senders.ready();
    const before = service.usage();
    await delay(seconds * 1000);
    const after = service.usage();
    const result = await senders.result();
    return {
      ...result,
      cores: cores(before, after),
      ...(after.pssMb !== undefined && { pssMb: after.pssMb }),
      ...(contestant.id === "weir" && { frames: await account(stage) }),
    };
  } finally {
    await Deno.remove(pictures, { recursive: true });
  }
}

async function account(stage: Stage): Promise<NonNullable<WebcamsRun["frames"]>> {
  const total = { received: 0, completed: 0, decoded: 0, dropped: {} as Record<string, number>, unaccounted: 0 };
  for (const { id, status } of await stage.streams()) {
    const frames = status?.frames;
    if (!frames) throw new Error(`${id} gives no account of its frames`);
    const { received, completed, decoded = 0, dropped = {}, inFlight = 0, unaccounted = 0 } = frames;
    total.received += received;
    total.completed += completed;
    total.decoded += decoded;
    const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
    total.unaccounted += Math.abs(unaccounted) + Math.abs(received - completed - lost - inFlight);
    for (const [cause, count] of Object.entries(dropped)) {
      if (count > 0) total.dropped[cause] = (total.dropped[cause] ?? 0) + count;
    }
  }
  return total;
}

async function drawPictures(folder: string): Promise<void> {
  const scene = createPitchScene({ seed: 3, ...SIZE, fps: FPS });
  for (let n = 0; n < PICTURES; n++) {
    using picture = pictureFromPixels({ ...SIZE, format: scene.format, data: scene.next().pixels });
    await Deno.writeFile(join(folder, `${String(n).padStart(2, "0")}.jpg`), encodeJpeg(picture, { quality: 80 }));
  }
}
