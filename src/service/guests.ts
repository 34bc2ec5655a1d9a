import { DirectStills, type DirectWays } from "../../actors/direct_stills.ts";
import type { AskOptions } from "../../actors/actor.ts";
import type { ToStreams } from "../../actors/protocol.ts";
import type { SignalAnswer, SignalQuestion } from "../../actors/signals.ts";
import type { StillAnswer, StillQuestion } from "../../actors/stills.ts";
import type { StreamWorkers } from "../../actors/stream_workers.ts";
import type { ThumbnailAnswer, ThumbnailQuestion } from "../../actors/thumbnails.ts";

/** What guests are looked after by. */
export interface GuestsOptions {
  workers: Pick<StreamWorkers, "enter">;
  /** Past these threads. */
  direct: DirectWays;
}

/** What comes once and belongs to no stream, in the threads that streams have, or past them where it needs none. */
export class Guests {
  #workers: GuestsOptions["workers"];
  #direct: DirectStills;

  constructor({ workers, direct }: GuestsOptions) {
    this.#workers = workers;
    this.#direct = new DirectStills(direct);
  }

  /** One image, through a model. */
  still(question: StillQuestion, options: AskOptions): Promise<StillAnswer> {
    const transfer = [question.image.buffer];
    return this.#direct.run(question, options) ?? this.#ask({ type: "still", question }, { ...options, transfer });
  }

  /** A file of this machine, small. */
  thumbnail(question: ThumbnailQuestion, options: AskOptions): Promise<ThumbnailAnswer> {
    return this.#ask({ type: "thumbnail", question }, options);
  }

  /** A signal that somebody sends. */
  signal(question: SignalQuestion, options: AskOptions): Promise<SignalAnswer> {
    const transfer = [question.times, ...question.channels].map(({ buffer }) => buffer as ArrayBuffer);
    return this.#ask({ type: "signal", question }, { ...options, transfer });
  }

  async #ask<Answer>(message: ToStreams, options: AskOptions): Promise<Answer> {
    const slot = await this.#workers.enter();
    try {
      return await slot.actor.ask<Answer>(message, options);
    } finally {
      slot.guests--;
    }
  }
}
