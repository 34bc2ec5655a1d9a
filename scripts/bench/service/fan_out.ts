import { delay } from "../delay.ts";
import { ClientProcess } from "./client_process.ts";
import type { Contestant } from "./contestants.ts";
import { cores } from "./service_process.ts";
import type { SseClientsResult } from "./sse_clients.ts";
import { Stage } from "./stage.ts";

/** How many listen to one stream, and how many only pretend to. */
export interface FanOutOptions {
  clients: number;
  /** Clients that read nothing. */
  deaf: number;
  seconds: number;
}

/** One measurement. */
export interface FanOutRun extends SseClientsResult {
  /** Cores that the service kept busy, its inference included. */
  cores: number;
  pssMb?: number;
  /** Memory that came on while it was measured. */
  grownMb?: number;
  /** Events that were dropped for those who do not read. */
  dropped?: number;
}

const EVENTS_PER_SECOND = 10;
const PATH = "/api/v1/streams/gate/events";
/** So long it may take until everything between here and there is full: the system keeps megabytes for each of them. */
const FILL_MS = 180_000;
/** So long it is waited where nobody tells. */
const UNTOLD_FILL_MS = 25_000;

/** How long results take to many clients of one stream. */
export async function fanOut(
  contestant: Contestant,
  { clients, deaf, seconds }: FanOutOptions,
): Promise<FanOutRun> {
  await using stage = await Stage.set(contestant);
  await stage.register("gate", await stage.pitch(EVENTS_PER_SECOND));
  const { service } = stage;
  const silent = deaf > 0 ? await notReading(service.port, deaf) : undefined;
  if (silent) await filled(stage);
  const droppedBefore = await stage.metric(DROPPED);
  const listeners = new ClientProcess("sse_clients", { port: service.port, path: PATH, clients, seconds });
  await listeners.ready();
  const before = service.usage();
  await delay(seconds * 1000);
  const after = service.usage();
  const result = await listeners.result();
  const droppedAfter = await stage.metric(DROPPED);
  await silent?.stdin.close();
  await silent?.status;
  return {
    ...result,
    cores: cores(before, after),
    ...(after.pssMb !== undefined && { pssMb: after.pssMb, grownMb: after.pssMb - before.pssMb! }),
    ...(droppedAfter !== undefined && { dropped: droppedAfter - droppedBefore! }),
  };
}

const DROPPED = "weir_hub_events_dropped_total";

/** Waits until those who do not read lose what is meant for them. */
async function filled(stage: Stage): Promise<void> {
  const endsAtMs = performance.now() + FILL_MS;
  if (await stage.metric(DROPPED) === undefined) return await delay(UNTOLD_FILL_MS);
  while (await stage.metric(DROPPED) === 0 && performance.now() < endsAtMs) await delay(500);
}

async function notReading(port: number, count: number): Promise<Deno.ChildProcess> {
  const script = new URL("./deaf_clients.py", import.meta.url).pathname;
  const child = new Deno.Command("python3", {
    args: [script, String(port), PATH, String(count)],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  await child.stdout.getReader().read();
  return child;
}
