import { nowMs } from "../src/core/clock.ts";
import type { Picture } from "../src/core/frame.ts";
import type { ResultEnvelope } from "../src/core/results.ts";
import type { EncodedPicture, PictureRequest } from "../src/core/services.ts";
import type { Trail } from "../src/vision/draw.ts";
import { Trails } from "../src/vision/trails.ts";
import { Cadence } from "./cadence.ts";
import { encodedPicture } from "./encoded_picture.ts";
import type { FrameInWork } from "./frame_in_work.ts";

/** A picture that is asked for, under a name that goes with the answer. */
export interface WantedPicture extends PictureRequest {
  key: string;
}

/** Pictures that are asked for as long as they come. */
export interface WatchedPicture extends WantedPicture {
  /** At most so many a second. */
  fps: number;
}

/** A picture, and all the names under which it was asked for. */
export interface AnsweredPicture extends EncodedPicture {
  keys: string[];
}

/** What has been encoded so far. */
export interface PictureUsage {
  encoded: number;
  /** Frames whose picture could not be made; their results went out all the same. */
  failed: number;
  /** Pictures that were due and not made, because those before them had not been taken yet. */
  missed: number;
  /** Why the latest of them could not. */
  fault?: string;
}

/** Pictures of one stream that may be on their way at once. */
const UNDER_WAY_MAX = 8;

/**
 * Pictures of the frames that gave results. Each distinct one is encoded once for a frame, however many ask for it, and
 * nothing is touched while nobody does.
 */
export class Pictures {
  #watched = new Map<string, { wanted: WatchedPicture; cadence: Cadence }>();
  #next = new Map<string, WantedPicture>();
  /** Where things have been, kept only while somebody watches drawings. */
  #trails?: Trails;
  #epoch = 0;
  #underWay = 0;
  #usage: PictureUsage = { encoded: 0, failed: 0, missed: 0 };

  /** From here on these are watched and no others. */
  watch(wanted: readonly WatchedPicture[]): void {
    const before = this.#watched;
    this.#watched = new Map(wanted.map((picture) => {
      const cadence = before.get(picture.key)?.cadence ?? new Cadence(picture.fps);
      cadence.fps = picture.fps;
      return [picture.key, { wanted: picture, cadence }];
    }));
    if (!wanted.some(({ overlay }) => overlay)) this.#trails = undefined;
    else this.#trails ??= new Trails();
  }

  /** The next frame's picture is asked for, or not any more. */
  once(picture: WantedPicture, wanted: boolean): void {
    if (wanted) this.#next.set(picture.key, picture);
    else this.#next.delete(picture.key);
  }

  /** A picture has arrived where it was wanted: there is room for another. */
  taken(): void {
    this.#underWay = Math.max(0, this.#underWay - 1);
  }

  /** Encodes what is due of one finished frame and hands it over. The frame stays the caller's. */
  push(frame: FrameInWork, result: ResultEnvelope, emit: (picture: AnsweredPicture) => void): void {
    if (this.#watched.size === 0 && this.#next.size === 0) return;
    const trails = this.#trailsWith(result);
    for (const { keys, ...form } of this.#due(frame.picture)) {
      if (this.#underWay >= UNDER_WAY_MAX) {
        this.#usage.missed++;
        continue;
      }
      try {
        const { jpeg, width, height } = encodedPicture(frame.picture, result.outputs, { ...form, trails });
        this.#usage.encoded++;
        this.#underWay++;
        for (const key of keys) this.#next.delete(key);
        const { stream, epoch, seq, pts } = result;
        emit({ stream, epoch, seq, pts, atMs: nowMs(), width, height, jpeg, keys });
      } catch (error) {
        // The result is out; whoever waits for the picture gets a later frame's.
        this.#usage.failed++;
        this.#usage.fault = error instanceof Error ? error.message : String(error);
      }
    }
  }

  /** What has been encoded so far. */
  get usage(): PictureUsage {
    return { ...this.#usage };
  }

  /** The distinct pictures to encode now, each with the names under which it is asked for. */
  #due(picture: Picture): Form[] {
    const now = nowMs();
    const due = new Map(this.#next);
    for (const [key, { wanted, cadence }] of this.#watched) if (cadence.takes(now)) due.set(key, wanted);
    const forms = new Map<string, Form>();
    for (const { key, overlay, width: asked = picture.width, quality } of due.values()) {
      const width = Math.min(asked, picture.width);
      const name = `${width} ${overlay} ${quality}`;
      const form = forms.get(name);
      if (form) form.keys.push(key);
      else forms.set(name, { width, overlay, quality, keys: [key] });
    }
    return [...forms.values()];
  }

  #trailsWith({ epoch, outputs }: ResultEnvelope): Trail[] {
    if (epoch !== this.#epoch) this.#trails?.reset();
    this.#epoch = epoch;
    return this.#trails?.push(outputs) ?? [];
  }
}

/** One distinct picture of a frame. */
interface Form {
  width: number;
  overlay: boolean;
  quality: number;
  keys: string[];
}
