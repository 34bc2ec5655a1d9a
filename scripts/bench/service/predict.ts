import { join } from "node:path";
import { encodeJpeg } from "../../../streams/av/jpeg.ts";
import { pictureFromPixels } from "../../../streams/av/picture.ts";
import { createPitchScene } from "../../../streams/scenes/pitch_scene.ts";
import { round } from "../statistics.ts";
import { ClientProcess } from "./client_process.ts";
import type { Contestant } from "./contestants.ts";
import type { PredictClientsResult } from "./predict_clients.ts";
import { cores } from "./service_process.ts";
import { Stage } from "./stage.ts";

/** How single images are sent. */
export interface PredictOptions {
  /** The model's file; the contestant was made with it. */
  model: string;
  cores: number;
  connections: number;
  seconds: number;
}

/** One measurement. */
export interface PredictRun {
  /** What the same cores do without any service: decoding, preparing, running, reading. */
  barePerSecond: number;
  /** Completed over that. The clients run on the same cores, and are paid out of it. */
  share: number;
  /** Time of processors that a picture takes without any service, over what it takes with this one. */
  byCpu?: number;
  /** As many as are taken, one after the other on each connection. */
  steady: PredictClientsResult & { cores: number };
  /** Three times as many as can be done. */
  overload: PredictClientsResult & { offered: number };
}

const OVERLOAD = 3;
const OVERLOAD_CONNECTIONS = 256;
const SIZE = { width: 640, height: 480 };

/** What becomes of single images: as many as are taken, and far more than can be. */
export async function predict(
  contestant: Contestant,
  { model, cores: count, connections, seconds }: PredictOptions,
): Promise<PredictRun> {
  const directory = await Deno.makeTempDir({ prefix: "weir-bench-predict-" });
  try {
    const picture = join(directory, "picture.jpg");
    await Deno.writeFile(picture, drawn());
    const bare = await (await started("bare_stills", { picture, model, cores: count, seconds })).result();
    await using stage = await Stage.set(contestant);
    const { service } = stage;
    const sending = { port: service.port, picture, seconds };
    const steadily = await started("predict_clients", { ...sending, connections });
    const before = service.usage();
    const steady = await steadily.result();
    const busy = cores(before, service.usage());
    const offered = round(OVERLOAD * bare.perSecond, 0);
    const flood = { ...sending, connections: OVERLOAD_CONNECTIONS, perSecond: offered };
    const overload = await (await started("predict_clients", flood)).result();
    return {
      barePerSecond: bare.perSecond,
      share: round(steady.perSecond / bare.perSecond, 3),
      byCpu: round(bare.cpuMs / (1000 * busy / steady.perSecond), 3),
      steady: { ...steady, cores: busy },
      overload: { ...overload, offered },
    };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function started<K extends "bare_stills" | "predict_clients">(
  program: K,
  options: ConstructorParameters<typeof ClientProcess<K>>[1],
): Promise<ClientProcess<K>> {
  const process = new ClientProcess<K>(program, options);
  await process.ready();
  return process;
}

function drawn(): Uint8Array {
  const scene = createPitchScene({ seed: 3, ...SIZE, fps: 25 });
  using picture = pictureFromPixels({ ...SIZE, format: scene.format, data: scene.next().pixels });
  return encodeJpeg(picture, { quality: 80 });
}
