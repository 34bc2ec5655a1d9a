import type { Delivery, Subscription } from "../../hub/subscription.ts";
import { CREDITS, Refusal } from "./messages.ts";
import type { Wire } from "./wire.ts";

/** One subscription to events on a socket. */
export interface EventChannelOptions {
  id: string;
  subscription: Subscription;
  wire: Wire;
  /** Nothing is sent beyond the credits given. */
  flow: boolean;
}

/** Sends a subscription's events as the socket has room and the client gives credits; what cannot go yet waits there. */
export class EventChannel implements Disposable {
  #credits: number;
  #credited: (() => void) | undefined;
  #disposed = false;
  readonly #prefix: string;

  constructor(private readonly options: EventChannelOptions) {
    this.#credits = options.flow ? 0 : Infinity;
    this.#prefix = `{"sub":${JSON.stringify(options.id)},"position":`;
  }

  /** Up to here everything that was asked for has been sent. */
  get position(): number {
    return this.options.subscription.position;
  }

  /** Sends until the subscription ends or this is disposed of. */
  async run(): Promise<void> {
    const { subscription, wire } = this.options;
    while (!this.#disposed && wire.open) {
      if (!wire.room) await wire.whenRoom();
      else if (this.#credits === 0) {
        if (subscription.closed) return;
        await new Promise<void>((resolve) => this.#credited = resolve);
      } else {
        const deliveries = subscription.take({ events: Math.min(this.#credits, 256) });
        for (const delivery of deliveries) wire.send(this.#text(delivery));
        this.#credits -= deliveries.length;
        if (subscription.ended) return;
        if (deliveries.length === 0) await subscription.wait();
      }
    }
  }

  /** Lets so many more events be sent. */
  credit(credits: number): void {
    const { id, flow } = this.options;
    if (!flow) {
      throw new Refusal("conflict", `Subscription ${id} takes no credits: it was made without \`flow\``, { id });
    }
    this.#credits = Math.min(CREDITS, this.#credits + credits);
    this.#goOn();
  }

  /** What waits may still go as far as credits and room allow; then {@link run} ends. */
  close(): void {
    this.options.subscription.close();
    this.#goOn();
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.options.subscription[Symbol.dispose]();
    this.#goOn();
  }

  #goOn(): void {
    const credited = this.#credited;
    this.#credited = undefined;
    credited?.();
  }

  #text(delivery: Delivery): string {
    if ("gap" in delivery) {
      return `${this.#prefix}${delivery.gap.last},"event":${JSON.stringify(delivery.gap)}}`;
    }
    return `${this.#prefix}${delivery.entry.position},"event":${delivery.json}}`;
  }
}
