import { signal } from "@preact/signals";
import { modelChoices, refreshModelChoices } from "../models/model_list.ts";
import { feed } from "../state/feed.ts";
import { WebcamSession } from "../webcam/webcam_session.ts";
import { ServedStream } from "./served_stream.ts";
import { VitalsRecord } from "./vitals_record.ts";
import {
  faceModel,
  loadVitalsSettings,
  saveVitalsSettings,
  vitalsPipeline,
  type VitalsSettings,
} from "./vitals_settings.ts";

/** Somebody whose rate varies, no larger than the skin needs: every picture counts, on small machines too. */
const SAMPLE = { kind: "scene", scene: "portrait", width: 480, height: 360, fps: 30, seed: 2 } as const;

/** What the server plays for the page. */
export interface Served {
  stream: ServedStream;
  /** What it is, at the beginning of a sentence. */
  what: string;
  about?: string;
}

/** What the page of vitals does: looks at a camera, a clip or the sample, one at a time, and remembers what is read. */
export class VitalsSession implements Disposable {
  readonly settings = signal(loadVitalsSettings());
  readonly record = new VitalsRecord();
  readonly camera: WebcamSession<VitalsSettings>;
  readonly served = signal<Served | undefined>(undefined);
  #stops: (() => void)[] = [];
  /** What is made for this page is not left behind when it goes without a word. */
  #leave = () => this.stop();

  constructor() {
    const camera = this.camera = new WebcamSession(this.#complete(), vitalsPipeline);
    this.#stops.push(camera.answer.subscribe((answer) => answer && this.record.push(answer.result)));
    addEventListener("pagehide", this.#leave);
    this.#stops.push(() => removeEventListener("pagehide", this.#leave));
  }

  /** Looks at this device's camera. */
  async useCamera(): Promise<void> {
    await this.#begin();
    this.camera.set(this.#complete());
    await this.camera.start();
  }

  /** Looks at a head that the server makes, whose heart is known. */
  async playSample(): Promise<void> {
    await this.#begin();
    this.#serve("The sample", SAMPLE, "Its heart keeps a rate for 25 seconds, then beats 20 faster or slower.");
  }

  /** Ends it; what was read stays to be looked at. */
  stop(): void {
    this.camera.stop();
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.served.peek()?.stream[Symbol.dispose]();
    this.served.value = undefined;
  }

  /** Goes on with other settings, at once where it runs. */
  change(change: Partial<VitalsSettings>): void {
    const before = JSON.stringify(vitalsPipeline(this.#complete()));
    this.settings.value = { ...this.settings.peek(), ...change };
    saveVitalsSettings(this.settings.peek());
    const complete = this.#complete();
    this.camera.set(complete);
    const pipeline = vitalsPipeline(complete);
    if (JSON.stringify(pipeline) !== before) void this.served.peek()?.stream.set(pipeline);
  }

  [Symbol.dispose](): void {
    this.stop();
    for (const stop of this.#stops) stop();
    this.camera[Symbol.dispose]();
  }

  #unwatch: (() => void) | undefined;

  async #begin(): Promise<void> {
    this.stop();
    this.record.clear();
    // Under the same name the next time.
    saveVitalsSettings(this.settings.peek());
    if (modelChoices.peek() === undefined) await refreshModelChoices();
  }

  #serve(what: string, source: Readonly<Record<string, unknown>>, about?: string): void {
    const settings = this.#complete();
    const stream = new ServedStream({ id: `${settings.name}-sample`, source, pipeline: vitalsPipeline(settings) });
    this.#unwatch = feed.watch(stream.id, (result) => this.record.push(result));
    this.served.value = { stream, what, ...(about !== undefined && { about }) };
  }

  /** The settings with the model that stands for what is not chosen. */
  #complete(): VitalsSettings {
    const settings = this.settings.peek();
    return { ...settings, faces: faceModel(settings, modelChoices.peek()) };
  }
}
