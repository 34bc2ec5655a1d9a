import { signal } from "@preact/signals";
import { modelChoices, refreshModelChoices } from "../models/model_list.ts";
import { feed } from "../state/feed.ts";
import { WebcamSession } from "../webcam/webcam_session.ts";
import { ServedStream } from "./served_stream.ts";
import { uploadClip } from "./upload_clip.ts";
import { VitalsRecord } from "./vitals_record.ts";
import {
  faceModel,
  loadVitalsSettings,
  saveVitalsSettings,
  vitalsPipeline,
  type VitalsSettings,
} from "./vitals_settings.ts";

/** Somebody whose rate varies, no larger than the skin needs: every picture counts, on small machines too. */
const SAMPLE = { kind: "scene", scene: "portrait", width: 480, height: 360, fps: 30, seed: 7 } as const;

/** What the server plays for the page. */
export interface Served {
  stream: ServedStream;
  /** What it is, at the beginning of a sentence. */
  what: string;
  about?: string;
  /** Its width over its height, if that is known already. */
  aspect?: number;
}

/** A clip on its way to the server. */
export interface SentClip {
  name: string;
  /** How much of it is there, 0 to 1. */
  share: number;
  /** Why it is not. */
  fault?: unknown;
}

/** What the page of vitals does: looks at a camera, a clip or the sample, one at a time, and remembers what is read. */
export class VitalsSession implements Disposable {
  readonly settings = signal(loadVitalsSettings());
  readonly record = new VitalsRecord();
  readonly camera: WebcamSession<VitalsSettings>;
  readonly served = signal<Served | undefined>(undefined);
  /** A clip on its way. */
  readonly clip = signal<SentClip | undefined>(undefined);
  #sending = new AbortController();
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
    if (!await this.#begin()) return;
    this.camera.set(this.#complete());
    await this.camera.start();
  }

  /** Looks at a head that the server makes, whose heart is known. */
  async playSample(): Promise<void> {
    if (!await this.#begin()) return;
    this.#serve("sample", SAMPLE, {
      what: "The sample",
      about: "Its heart keeps a rate for 25 seconds, then beats 20 faster or slower.",
    });
  }

  /** Sends a clip to the server and looks at it as fast as it was taken; it is forgotten with the stream. */
  async playClip(file: File): Promise<void> {
    if (!await this.#begin()) return;
    const { signal } = this.#sending;
    const { name } = file;
    this.clip.value = { name, share: 0 };
    try {
      const onProgress = (share: number) => void (this.clip.value = { name, share });
      const { path, aspect, remove } = await uploadClip(file, { onProgress, signal });
      this.clip.value = undefined;
      this.#serve("clip", { kind: "file", path, pace: "realtime" }, { what: "The clip", aspect }, remove);
    } catch (fault) {
      if (!signal.aborted) this.clip.value = { name, share: 0, fault };
    }
  }

  /** Ends it; what was read stays to be looked at. */
  stop(): void {
    this.camera.stop();
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.served.peek()?.stream[Symbol.dispose]();
    this.served.value = this.clip.value = undefined;
    this.#sending.abort();
    this.#sending = new AbortController();
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

  /** Whether what is begun is still wanted once it can be. */
  async #begin(): Promise<boolean> {
    this.stop();
    const { signal } = this.#sending;
    this.record.clear();
    // Under the same name the next time.
    saveVitalsSettings(this.settings.peek());
    if (modelChoices.peek() === undefined) await refreshModelChoices();
    return !signal.aborted;
  }

  #serve(
    name: string,
    source: Readonly<Record<string, unknown>>,
    words: Omit<Served, "stream">,
    onRemoved?: () => void,
  ): void {
    const settings = this.#complete();
    const registration = { id: `${settings.name}-${name}`, source, pipeline: vitalsPipeline(settings) };
    const stream = new ServedStream(registration, { ...(onRemoved && { onRemoved }) });
    this.#unwatch = feed.watch(stream.id, (result) => this.record.push(result));
    this.served.value = { stream, ...words };
  }

  /** The settings with the model that stands for what is not chosen. */
  #complete(): VitalsSettings {
    const settings = this.settings.peek();
    return { ...settings, faces: faceModel(settings, modelChoices.peek()) };
  }
}
