import { signal } from "@preact/signals";
import type { AlertEvent, GapEvent } from "../../core/events.ts";
import type { ResultEnvelope } from "../../core/results.ts";
import { areasOf } from "../overlay/draw_areas.ts";
import { AgeSeries, DropSeries } from "./series.ts";

/** Something that happened, as the timeline lists it. */
export interface Moment {
  /** Rising; names it. */
  number: number;
  atMs: number;
  event: ResultEnvelope | AlertEvent | GapEvent;
}

const KEPT = 60;
/** Alerts are rare, and are not to be pushed out by results. */
const ALERTS_KEPT = 12;
/** A list that changes more often cannot be read. */
const SHOWN_EVERY_MS = 400;
/** Clocks differ, and the way takes time; what is older than this is not new. */
const PAST_MS = 5000;

/** What the page of a stream remembers of it: the latest results, and where their age came from. */
export class StreamRecord implements Disposable {
  readonly ages = new AgeSeries();
  readonly drops = new DropSeries();
  /** The latest moments, newest first, brought up to date a few times a second. */
  readonly moments = signal<readonly Moment[]>([]);
  /** The latest alerts, newest first. */
  readonly alerts = signal<readonly AlertEvent[]>([]);
  #moments: Moment[] = [];
  #next = 1;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Takes something in. */
  push(event: Moment["event"]): void {
    const atMs = momentOf(event);
    if (event.type === "result") this.ages.push(event, atMs);
    if (event.type === "alert") this.alerts.value = [event, ...this.alerts.value].slice(0, ALERTS_KEPT);
    // What the server remembers from before the page was open stands where it belongs.
    const place = this.#moments.findIndex((moment) => moment.atMs <= atMs);
    this.#moments.splice(place < 0 ? this.#moments.length : place, 0, { number: this.#next++, atMs, event });
    this.#moments.length = Math.min(KEPT, this.#moments.length);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.moments.value = [...this.#moments];
    }, SHOWN_EVERY_MS);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

/** When something happened, on the page's clock; what is long past tells that on its own. */
function momentOf(event: Moment["event"]): number {
  const now = Date.now();
  const toldMs = event.type === "alert" ? Date.parse(event.at) : NaN;
  return now - toldMs > PAST_MS ? toldMs : now;
}

/** A result's content in few words: `3 × person, ball`. */
export function summaryOf({ outputs }: ResultEnvelope): string {
  const counts = new Map<string, number>();
  const texts: string[] = [];
  for (const [step, output] of Object.entries(outputs)) {
    const { detections, classes } = output as {
      detections?: { label: string }[];
      classes?: ClassLike[];
    };
    for (const { label } of detections ?? []) {
      counts.set(label, (counts.get(label) ?? 0) + 1);
    }
    if (classes?.[0]) {
      texts.push(`${classes[0].label} ${Math.round(classes[0].score * 100)}%`);
    }
    if (!detections && !classes) {
      texts.push(...plainFacts(step, output as Record<string, unknown>));
    }
  }
  const things = [...counts].sort((a, b) => b[1] - a[1]).map(([label, count]) =>
    count === 1 ? label : `${count} × ${label}`
  );
  const areas = areasOf(outputs).map(({ text }) => text);
  return [...things, ...areas, ...texts].join(", ") || "nothing found";
}

interface ClassLike {
  label: string;
  score: number;
}

/** What an analyzer says in plain values. */
function plainFacts(step: string, output: Record<string, unknown>): string[] {
  const facts = Object.entries(output).filter(([, value]) => ["number", "string", "boolean"].includes(typeof value));
  return facts.slice(0, 3).map(([key, value]) => `${step}.${key} ${value}`);
}
