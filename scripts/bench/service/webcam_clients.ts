import { nowMs } from "../../../src/core/clock.ts";
import { delay } from "../delay.ts";
import { type Ages, ages } from "../statistics.ts";
import { answer } from "./client_process.ts";

/** Webcams of one server, all in this process. */
export interface WebcamClientsOptions {
  port: number;
  /** Path of the WebSocket, without the camera's name at its end. */
  path: string;
  query: string;
  cameras: number;
  fps: number;
  seconds: number;
  /** A folder with the pictures that they send, over and over. */
  pictures: string;
  /** They wait until the server asks for more; without, they send at their rate whatever happens. */
  credits: boolean;
}

/** What came of the pictures. */
export interface WebcamClientsResult {
  /** Pictures that were due. */
  due: number;
  sent: number;
  results: number;
  /** From sending to the result's arrival, all cameras together. */
  roundTrip: Ages;
  /** As the server tells it: from a picture's arrival to its result. */
  age: Ages;
  /** Results of the camera that got fewest, and of the one that got most. */
  fewest: number;
  most: number;
}

interface Result {
  type?: string;
  credits?: number;
  capturedAt?: string;
  ageMs?: number;
}

const WARM_UP_MS = 4000;

async function run(options: WebcamClientsOptions): Promise<WebcamClientsResult> {
  const { port, path, query, cameras, fps, seconds, credits, pictures } = options;
  const images = [...Deno.readDirSync(pictures)].map(({ name }) => name).sort()
    .map((name) => Deno.readFileSync(`${pictures}/${name}`));
  const roundTrips: number[] = [];
  const serverAges: number[] = [];
  const perCamera = new Array<number>(cameras).fill(0);
  let [due, sent] = [0, 0];
  let counting = false;
  const timers: ReturnType<typeof setInterval>[] = [];
  const sockets = await Promise.all(perCamera.map(async (_, camera) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}/cam${camera}${query}`);
    let held = credits ? 0 : Infinity;
    socket.onmessage = ({ data }) => {
      const event: Result = JSON.parse(data);
      if (event.credits !== undefined) held += event.credits;
      if (event.type !== "result" || event.capturedAt === undefined || !counting) return;
      roundTrips.push(nowMs() - Date.parse(event.capturedAt));
      serverAges.push(event.ageMs ?? NaN);
      perCamera[camera]++;
    };
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onerror = () => reject(new Error(`Cannot connect camera ${camera}`));
    });
    let n = camera;
    const tick = () => {
      if (counting) due++;
      if (held < 1 || socket.readyState !== WebSocket.OPEN) return;
      held--;
      if (counting) sent++;
      socket.send(JSON.stringify({ capturedAt: nowMs() }));
      socket.send(images[n++ % images.length]);
    };
    // Cameras are not in step with each other.
    setTimeout(() => {
      tick();
      timers.push(setInterval(tick, 1000 / fps));
    }, camera * 1000 / fps / cameras);
    return socket;
  }));
  answer({ ready: sockets.length });
  await delay(WARM_UP_MS);
  counting = true;
  await delay(seconds * 1000);
  counting = false;
  for (const timer of timers) clearInterval(timer);
  // What is under way may come home, so that the server's account can be closed.
  await delay(1500);
  const closed = sockets.map((socket) => new Promise((resolve) => socket.onclose = resolve));
  for (const socket of sockets) socket.close();
  await Promise.race([Promise.all(closed), delay(5000)]);
  return {
    due,
    sent,
    results: roundTrips.length,
    roundTrip: ages(roundTrips),
    age: ages(serverAges),
    fewest: Math.min(...perCamera),
    most: Math.max(...perCamera),
  };
}

if (import.meta.main) {
  answer(await run(JSON.parse(Deno.args[0])));
  Deno.exit(0);
}
