import type { ResultEnvelope } from "../../core/results.ts";
import type { LivePicture } from "../api/live_messages.ts";
import { ALL_LAYERS, drawOverlay, type Layers } from "./draw_overlay.ts";
import { type HeatMap, heatOf } from "./draw_heat.ts";
import { type PulsePlace, pulsesOf } from "./draw_pulse.ts";
import { ResultRing } from "./result_ring.ts";
import { type Trail, Trails } from "./trails.ts";

/** A picture comes with its result, or a moment before; past this it is shown without. */
const RESULT_WAIT_MS = 250;
/** Beyond this the eye gains nothing and a software renderer loses much. */
const DENSITY_MAX = 2;

interface Seen {
  epoch: number;
  seq: number;
  frame: ResultEnvelope["frame"];
  outputs: ResultEnvelope["outputs"];
  trails: Trail[];
}

/** What is shown: a picture and, unless none came, the result of that very frame. */
export interface Shown {
  epoch: number;
  seq: number;
  result: boolean;
}

/**
 * A stream on a canvas: each picture with the result of its own epoch and seq drawn over it. Pictures that come faster
 * than they can be decoded replace each other; nothing queues.
 */
export class LiveView implements Disposable {
  #context: CanvasRenderingContext2D;
  #results = new ResultRing<Seen>(48);
  #trails = new Trails();
  /** Told now and then; it holds until the next. */
  #heat: HeatMap | undefined;
  #pulses: readonly PulsePlace[] | undefined;
  #layers: Layers = ALL_LAYERS;
  #newest: LivePicture | undefined;
  #decoding = false;
  #disposed = false;
  /** A picture whose result has not come yet. */
  #waiting: {
    picture: LivePicture;
    bitmap: ImageBitmap;
    timer: ReturnType<typeof setTimeout>;
  } | undefined;
  /** The last that was shown, to be drawn anew in another size or with other layers. */
  #shown: { picture: LivePicture; bitmap: ImageBitmap } | undefined;
  #sizes: ResizeObserver;
  #width = 0;
  /** How much larger words are than on a desk: on a wall they are read from afar. */
  #wordScale = 1;
  #height = 0;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly onShown?: (shown: Shown) => void,
  ) {
    this.#context = canvas.getContext("2d", { alpha: false })!;
    this.#sizes = new ResizeObserver(([{ contentRect }]) => {
      [this.#width, this.#height] = [contentRect.width, contentRect.height];
      this.#wordScale = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 16 || 1;
      this.#redraw();
    });
    this.#sizes.observe(canvas);
  }

  /** What is drawn from now on. */
  set layers(layers: Layers) {
    this.#layers = layers;
    this.#redraw();
  }

  /** Takes a result in; the picture of its frame may come later, or never. */
  pushResult({ epoch, seq, frame, outputs }: ResultEnvelope): void {
    if (this.#disposed || this.#results.of({ epoch, seq })) return;
    this.#heat = heatOf(outputs) ?? this.#heat;
    this.#pulses = pulsesOf(outputs) ?? this.#pulses;
    this.#results.push({
      epoch,
      seq,
      frame,
      outputs,
      trails: this.#trails.push({ epoch, outputs }),
    });
    const waiting = this.#waiting;
    if (waiting?.picture.epoch === epoch && waiting.picture.seq === seq) {
      this.#showWaiting();
    }
  }

  /** Takes a picture in; it is shown unless a newer one is there by then. */
  async pushPicture(picture: LivePicture): Promise<void> {
    this.#newest = picture;
    if (this.#decoding) return;
    this.#decoding = true;
    try {
      while (this.#newest && !this.#disposed) {
        const next = this.#newest;
        this.#newest = undefined;
        // What cannot be decoded is left out: the next one comes at once.
        const bitmap = await createImageBitmap(next.jpeg).catch(() => undefined);
        if (bitmap) this.#present(next, bitmap);
      }
    } finally {
      this.#decoding = false;
    }
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#sizes.disconnect();
    this.#dropWaiting();
    this.#shown?.bitmap.close();
    this.#shown = undefined;
  }

  #present(picture: LivePicture, bitmap: ImageBitmap): void {
    if (this.#disposed) return bitmap.close();
    this.#dropWaiting();
    const timer = setTimeout(() => this.#showWaiting(), RESULT_WAIT_MS);
    this.#waiting = { picture, bitmap, timer };
    if (this.#results.of(picture)) this.#showWaiting();
  }

  #showWaiting(): void {
    if (!this.#waiting) return;
    const { picture, bitmap, timer } = this.#waiting;
    clearTimeout(timer);
    this.#waiting = undefined;
    this.#shown?.bitmap.close();
    this.#shown = { picture, bitmap };
    this.#redraw();
    const { epoch, seq } = picture;
    this.onShown?.({
      epoch,
      seq,
      result: this.#results.of(picture) !== undefined,
    });
  }

  #dropWaiting(): void {
    if (!this.#waiting) return;
    clearTimeout(this.#waiting.timer);
    this.#waiting.bitmap.close();
    this.#waiting = undefined;
  }

  #redraw(): void {
    if (!this.#shown || this.#width === 0) return;
    const { picture, bitmap } = this.#shown;
    const density = Math.min(DENSITY_MAX, devicePixelRatio);
    const fit = Math.min(
      this.#width * density / bitmap.width,
      this.#height * density / bitmap.height,
    );
    const width = Math.max(1, Math.round(bitmap.width * fit));
    const height = Math.max(1, Math.round(bitmap.height * fit));
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
    this.#context.drawImage(bitmap, 0, 0, width, height);
    const result = this.#results.of(picture);
    if (!result) return;
    const { outputs, trails, frame } = result;
    drawOverlay(this.#context, outputs, {
      scale: width / frame.width,
      layers: this.#layers,
      trails,
      heat: this.#heat,
      pulses: this.#pulses,
      density: density * this.#wordScale,
    });
  }
}

/** Widths in which pictures are asked for: few, for the server encodes each form once for everybody. */
const WIDTHS = [320, 480, 640, 960, 1280, 1920] as const;

/** The smallest of the usual widths that fills a place of so many CSS pixels. */
export function pictureWidth(
  cssWidth: number,
  density = globalThis.devicePixelRatio ?? 1,
): number {
  const wanted = cssWidth * Math.min(DENSITY_MAX, density) * 0.9;
  return WIDTHS.find((width) => width >= wanted) ?? WIDTHS[WIDTHS.length - 1];
}
