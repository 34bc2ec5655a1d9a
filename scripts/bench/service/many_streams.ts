import { delay } from "../delay.ts";
import { type Ages, ages } from "../statistics.ts";
import type { Contestant } from "./contestants.ts";
import { cores } from "./service_process.ts";
import { Stage } from "./stage.ts";

/** How many streams there are, and how long they are watched. */
export interface ManyStreamsOptions {
  /** Of each kind: those that run, and those that cannot be reached. */
  streams: number;
  seconds: number;
}

/** One measurement. */
export interface ManyStreamsRun {
  /** Cores that the unreachable ones kept busy, beyond what the idle service does. */
  unreachableCores: number;
  idleCores: number;
  /** Answers of the API while all are there. */
  api: Ages;
  /** Results a second of those that run; one each is due. */
  perSecond: number;
  pssMb?: number;
}

const SETTLE_MS = 3000;
/** So long after they were registered, those that cannot be reached are tried as seldom as they will be from then on. */
const GIVEN_UP_MS = 30_000;
const ASK_EVERY_MS = 100;

/** What streams cost that cannot be reached, and how the API answers beside many. */
export async function manyStreams(
  contestant: Contestant,
  { streams, seconds }: ManyStreamsOptions,
): Promise<ManyStreamsRun> {
  // One half is refused; the other is let in and hears nothing more.
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const held: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const connection of silent) held.push(connection);
  })().catch(() => {});
  const unreachable = Array.from({ length: streams }, (_, n) => ({
    kind: "rtsp",
    url: `rtsp://127.0.0.1:${n % 2 ? silent.addr.port : 1}/camera${n}`,
  }));
  try {
    await using stage = await Stage.set(contestant);
    const { service } = stage;
    const measured = async (ms: number) => {
      const before = service.usage();
      await delay(ms);
      return cores(before, service.usage());
    };
    await delay(SETTLE_MS);
    const idleCores = await measured(seconds * 500);
    for (const [n, source] of unreachable.entries()) await stage.register(`gone-${n}`, source);
    await delay(GIVEN_UP_MS);
    const withUnreachable = await measured(seconds * 1000);
    const running = await stage.pitch(1);
    for (let n = 0; n < streams; n++) await stage.register(`here-${n}`, running);
    await delay(SETTLE_MS);
    const completedBefore = await completed(stage);
    const fromMs = performance.now();
    const all = `${service.url}/api/v1/streams`;
    // All of them and a single one in turns.
    const addresses = Array.from({ length: streams }, (_, n) => [all, `${all}/here-${n}`]).flat();
    const api = await askFor(seconds * 1000, addresses);
    const perSecond = (await completed(stage) - completedBefore) / ((performance.now() - fromMs) / 1000);
    const { pssMb } = service.usage();
    return {
      unreachableCores: Math.max(0, Number((withUnreachable - idleCores).toFixed(3))),
      idleCores,
      api: ages(api),
      perSecond: Number(perSecond.toFixed(1)),
      ...(pssMb !== undefined && { pssMb }),
    };
  } finally {
    for (const connection of held) connection.close();
    silent.close();
    await accepting;
  }
}

async function completed(stage: Stage): Promise<number> {
  return (await stage.streams()).reduce((sum, { status }) => sum + (status?.frames?.completed ?? 0), 0);
}

/** Asks for each address in turn, at a steady rate, and answers how long each answer took. */
async function askFor(ms: number, addresses: readonly string[]): Promise<number[]> {
  const asked: Promise<number | Error>[] = [];
  const endsAtMs = performance.now() + ms;
  for (let n = 0; performance.now() < endsAtMs; n++) {
    asked.push(timed(addresses[n % addresses.length]).catch((error) => error));
    await delay(ASK_EVERY_MS);
  }
  return (await Promise.all(asked)).map((took) => {
    if (took instanceof Error) throw took;
    return took;
  });
}

async function timed(address: string): Promise<number> {
  const startedAtMs = performance.now();
  const response = await fetch(address);
  await response.text();
  if (!response.ok) throw new Error(`${address} answered ${response.status}`);
  return performance.now() - startedAtMs;
}
