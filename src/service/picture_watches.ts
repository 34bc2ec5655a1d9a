import type { ToStreams } from "../../actors/protocol.ts";
import { Cadence } from "../../streams/cadence.ts";
import type { AnsweredPicture, WantedPicture, WatchedPicture } from "../../streams/pictures.ts";
import { ServiceError } from "../core/service_error.ts";
import type { EncodedPicture, PictureRequest } from "../core/services.ts";

/** How {@link PictureWatches} reach the threads that encode. */
export interface PictureWatchesOptions {
  /** Whether there is such a stream. */
  knows(id: string): boolean;
  /** Tells the thread that hosts the stream which pictures are wanted. */
  tell(message: Extract<ToStreams, { type: "watch" | "picture" | "pictureTaken" }>): void;
}

/** Somebody who gets pictures as they come. */
interface Watch {
  wanted: WatchedPicture;
  /** Others may have the thread encode more of them than this one asks for. */
  cadence: Cadence;
  next(picture: EncodedPicture): void;
  ended?(): void;
}

/** Somebody who waits for one picture. */
interface Waiter {
  resolve(picture: EncodedPicture): void;
  reject(reason: unknown): void;
}

/** All that is wanted of one stream's pictures, and what there was last. */
interface Gallery {
  watches: Set<Watch>;
  waiting: Map<string, { wanted: WantedPicture; waiters: Set<Waiter> }>;
  latest: Map<string, EncodedPicture>;
}

/** Distinct pictures of one stream that may be wanted at once: each costs its own encoding. */
const FORMS_MAX = 8;
/** Distinct pictures of one stream of which the latest is kept. */
const LATEST_KEPT = 4;

/** Who wants which pictures of which stream. Threads are told of what is wanted, not of who wants it. */
export class PictureWatches {
  #galleries = new Map<string, Gallery>();

  constructor(private readonly options: PictureWatchesOptions) {}

  /**
   * Hands over pictures of a stream, encoded in its own thread and only while somebody watches, until the watch is
   * disposed. `ended` is called when the stream is removed; it lives through everything else that befalls the stream.
   */
  watch(
    id: string,
    request: PictureRequest & { fps: number },
    on: { next(picture: EncodedPicture): void; ended?(): void },
  ): Disposable {
    const gallery = this.#gallery(id);
    const wanted = { ...wantedOf(request), fps: request.fps };
    mustFit(id, gallery, wanted);
    const watch: Watch = { wanted, cadence: new Cadence(request.fps), ...on };
    gallery.watches.add(watch);
    this.#tellWatched(id, gallery);
    return {
      [Symbol.dispose]: () => {
        if (gallery.watches.delete(watch)) this.#tellWatched(id, gallery);
      },
    };
  }

  /** The picture of the next result, however long that takes; rejects with the signal's reason, or when the stream is removed. */
  async next(id: string, request: PictureRequest, signal: AbortSignal): Promise<EncodedPicture> {
    signal.throwIfAborted();
    const gallery = this.#gallery(id);
    const wanted = wantedOf(request);
    let place = gallery.waiting.get(wanted.key);
    if (!place) {
      mustFit(id, gallery, wanted);
      gallery.waiting.set(wanted.key, place = { wanted, waiters: new Set() });
      this.options.tell({ type: "picture", id, picture: wanted, wanted: true });
    }
    const { waiters } = place;
    return await new Promise((resolve, reject) => {
      const settled = () => {
        signal.removeEventListener("abort", abort);
        waiters.delete(waiter);
      };
      const waiter: Waiter = {
        resolve: (picture) => {
          settled();
          resolve(picture);
        },
        reject: (reason) => {
          settled();
          reject(reason);
        },
      };
      const abort = () => {
        waiter.reject(signal.reason);
        if (waiters.size > 0 || !gallery.waiting.delete(wanted.key)) return;
        this.options.tell({ type: "picture", id, picture: wanted, wanted: false });
      };
      signal.addEventListener("abort", abort);
      waiters.add(waiter);
    });
  }

  /** The latest picture that was encoded in this form. */
  latest(id: string, request: PictureRequest): EncodedPicture | undefined {
    return this.#galleries.get(id)?.latest.get(wantedOf(request).key);
  }

  /** A thread has encoded a picture. */
  hear({ keys, ...picture }: AnsweredPicture): void {
    this.options.tell({ type: "pictureTaken", id: picture.stream });
    const gallery = this.#galleries.get(picture.stream);
    if (!gallery) return;
    for (const key of keys) {
      gallery.latest.delete(key);
      gallery.latest.set(key, picture);
      for (const waiter of [...gallery.waiting.get(key)?.waiters ?? []]) waiter.resolve(picture);
      gallery.waiting.delete(key);
    }
    while (gallery.latest.size > LATEST_KEPT) gallery.latest.delete(gallery.latest.keys().next().value!);
    for (const watch of [...gallery.watches]) {
      if (!keys.includes(watch.wanted.key) || !watch.cadence.takes(picture.atMs)) continue;
      try {
        watch.next(picture);
      } catch (thrown) {
        // The others must get theirs, whatever this one does.
        reportError(thrown);
      }
    }
  }

  /** The stream is in another thread now, which knows nothing of what is wanted. */
  moved(id: string): void {
    const gallery = this.#galleries.get(id);
    if (!gallery) return;
    if (gallery.watches.size > 0) this.#tellWatched(id, gallery);
    for (const { wanted } of gallery.waiting.values()) {
      this.options.tell({ type: "picture", id, picture: wanted, wanted: true });
    }
  }

  /** The stream is no more. */
  remove(id: string): void {
    const gallery = this.#galleries.get(id);
    if (!gallery) return;
    this.#galleries.delete(id);
    const gone = new RangeError(`There is no stream called ${id} any more`);
    for (const { waiters } of gallery.waiting.values()) for (const waiter of [...waiters]) waiter.reject(gone);
    const watches = [...gallery.watches];
    gallery.watches.clear();
    for (const watch of watches) watch.ended?.();
  }

  /** No more pictures of any stream. */
  close(): void {
    for (const id of [...this.#galleries.keys()]) this.remove(id);
  }

  #gallery(id: string): Gallery {
    let gallery = this.#galleries.get(id);
    if (!gallery) {
      if (!this.options.knows(id)) throw new RangeError(`There is no stream called ${id}`);
      this.#galleries.set(id, gallery = { watches: new Set(), waiting: new Map(), latest: new Map() });
    }
    return gallery;
  }

  #tellWatched(id: string, gallery: Gallery): void {
    if (this.#galleries.get(id) === gallery) this.options.tell({ type: "watch", id, wanted: watchedOf(gallery) });
  }
}

/** The distinct pictures that are watched, each at the highest rate that anybody asks for. */
function watchedOf({ watches }: Gallery): WatchedPicture[] {
  const watched = new Map<string, WatchedPicture>();
  for (const { wanted } of watches) {
    const fps = Math.max(wanted.fps, watched.get(wanted.key)?.fps ?? 0);
    watched.set(wanted.key, { ...wanted, fps });
  }
  return [...watched.values()];
}

function wantedOf({ overlay, width, quality }: PictureRequest): WantedPicture {
  return { key: `${overlay} ${width ?? "full"} ${quality}`, overlay, ...(width !== undefined && { width }), quality };
}

function mustFit(id: string, gallery: Gallery, { key }: WantedPicture): void {
  const keys = new Set([...gallery.waiting.keys(), ...[...gallery.watches].map(({ wanted }) => wanted.key)]);
  if (keys.has(key) || keys.size < FORMS_MAX) return;
  const message =
    `Pictures of ${id} are watched in ${FORMS_MAX} forms already; ask for one of the same size and quality`;
  throw new ServiceError("too_many", message);
}
