import { signal } from "@preact/signals";
import type { ResultEnvelope } from "../../core/results.ts";
import type { FacePulse, SkinColour } from "../../core/face_pulse.ts";
import { type PulseReading, pulseReadingOf } from "./pulse_reading.ts";

/** One face's pulse at one moment, as it is remembered. */
export interface VitalsRow extends Omit<FacePulse, "region" | "mask" | "wave" | "colours" | "spectrum"> {
  /** Unix milliseconds. */
  atMs: number;
  /** The stream's own time, seconds; it begins anew with every epoch. */
  pts: number;
  epoch: number;
}

/** The latest reading, and when it came. */
export interface Heard extends PulseReading {
  atMs: number;
  pts: number;
  epoch: number;
}

/** What the rates of a while come to, beats a minute. */
export interface RateSummary {
  median: number;
  lowest: number;
  highest: number;
  /** How many readings there were, and how many had a rate. */
  readings: number;
  rates: number;
}

/** An hour, with one face. */
const ROWS_MOST = 3600;
/** Colours are shown over so long, seconds. */
const COLOURS_S = 20;
/** More faces' colours are not remembered. */
const FACES_MOST = 8;

/** Everything that pulses said since it was begun, within bounds. */
export class VitalsRecord {
  /** The latest reading. */
  readonly heard = signal<Heard | undefined>(undefined);
  #rows: VitalsRow[] = [];
  #colours = new Map<number, SkinColour[]>();
  #forgotten = 0;

  /** Folds a result in; one without a pulse, or that came before, changes nothing. */
  push({ outputs, pts, epoch }: Pick<ResultEnvelope, "outputs" | "pts" | "epoch">, atMs: number = Date.now()): void {
    const reading = pulseReadingOf(outputs);
    const last = this.heard.peek();
    if (!reading || (last?.pts === pts && last.epoch === epoch)) return;
    // A new epoch's time has nothing to do with the one before.
    if (last?.epoch !== epoch) this.#colours.clear();
    for (const face of reading.faces) this.#fold(face, { atMs, pts, epoch });
    if (reading.faces.length === 0) {
      this.#keep({ atMs, pts, epoch, confidence: 0, reasons: reading.reasons, windowS: 0 });
    }
    this.heard.value = { ...reading, atMs, pts, epoch };
  }

  /** Forgets it all. */
  clear(): void {
    this.#rows = [];
    this.#colours.clear();
    this.#forgotten = 0;
    this.heard.value = undefined;
  }

  /** All that is remembered, oldest first. */
  get rows(): readonly VitalsRow[] {
    return this.#rows;
  }

  /** So many were remembered, and had to go. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** One face's colours over the last seconds, oldest first. */
  colours(track: number | undefined): readonly SkinColour[] {
    return this.#colours.get(track ?? -1) ?? [];
  }

  /** One face's readings; without a track those of whichever was told of first, at each moment one. */
  of(track: number | undefined): VitalsRow[] {
    if (track !== undefined) return this.#rows.filter((row) => row.track === track);
    return this.#rows.filter(({ pts, epoch }, index) => {
      const before = this.#rows[index - 1];
      return before?.pts !== pts || before.epoch !== epoch;
    });
  }

  #fold(face: FacePulse, at: Pick<VitalsRow, "atMs" | "pts" | "epoch">): void {
    const { region: _region, mask: _mask, wave: _wave, spectrum: _spectrum, colours = [], ...said } = face;
    this.#keep({ ...said, ...at });
    const track = face.track ?? -1;
    let known = this.#colours.get(track) ?? [];
    // A clip that is played again begins with its first second.
    if (colours.length > 0 && known.length > 0 && colours[0][0] <= known[known.length - 1][0]) known = [];
    known = [...known, ...colours];
    const since = (known.at(-1)?.[0] ?? 0) - COLOURS_S;
    // Those seen last stay.
    this.#colours.delete(track);
    this.#colours.set(track, known.filter(([time]) => time >= since));
    while (this.#colours.size > FACES_MOST) this.#colours.delete(this.#colours.keys().next().value!);
  }

  #keep(row: VitalsRow): void {
    this.#rows.push(row);
    if (this.#rows.length <= ROWS_MOST) return;
    this.#rows.shift();
    this.#forgotten++;
  }
}

/** What some readings come to; undefined while there is no rate among them. */
export function summaryOf(rows: readonly VitalsRow[]): RateSummary | undefined {
  const rates = rows.flatMap(({ bpm }) => bpm === undefined ? [] : [bpm]).sort((a, b) => a - b);
  if (rates.length === 0) return undefined;
  const middle = Math.floor(rates.length / 2);
  const median = rates.length % 2 === 1 ? rates[middle] : (rates[middle - 1] + rates[middle]) / 2;
  return { median, lowest: rates[0], highest: rates[rates.length - 1], readings: rows.length, rates: rates.length };
}
