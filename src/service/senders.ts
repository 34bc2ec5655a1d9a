import type { FromStreams, ToStreams } from "../../actors/protocol.ts";
import { nowMs } from "../core/clock.ts";
import type { Sender, SenderEvents, SentFrame } from "../core/services.ts";

interface Open {
  number: number;
  /** Frames that may still be sent. */
  credits: number;
  on: SenderEvents;
}

/** Says something to the thread that hosts a stream; answers whether there was one to hear it. */
type Tell = (id: string, message: ToStreams, transfer?: Transferable[]) => boolean;

/** Who sends into which stream, and how many frames they still may: one for each stream, the newest. */
export class Senders {
  #open = new Map<string, Open>();
  #made = 0;

  constructor(private readonly tell: Tell) {}

  /** Becomes the sender of a stream; the one before hears that it is replaced. */
  open(id: string, on: SenderEvents): Sender {
    const before = this.#open.get(id);
    const sender: Open = { number: ++this.#made, credits: 0, on };
    this.#open.set(id, sender);
    this.#announce(id, sender);
    before?.on.replaced();
    return {
      push: (frame) => this.#push(id, sender, frame),
      [Symbol.dispose]: () => {
        if (this.#open.get(id) !== sender) return;
        this.#open.delete(id);
        this.tell(id, { type: "sender", id, sender: undefined, credits: 0 });
      },
    };
  }

  /** A stream worker has something to say to a sender; what was meant for one before is void. */
  hear(event: Extract<FromStreams, { type: "credit" | "refused" }>): void {
    const sender = this.#open.get(event.stream);
    if (!sender || sender.number !== event.sender) return;
    if (event.type === "refused") return sender.on.refused?.({ code: event.code, message: event.message });
    sender.credits += event.credits;
    sender.on.grant(event.credits);
  }

  /** A stream lives in another thread now: its sender carries on there with the credits that it has. */
  moved(id: string): void {
    const sender = this.#open.get(id);
    if (sender) this.#announce(id, sender);
  }

  /** A stream is gone, and its sender with it. */
  close(id: string, reason: string): void {
    const sender = this.#open.get(id);
    this.#open.delete(id);
    sender?.on.closed?.(reason);
  }

  /** All streams are gone. */
  closeAll(reason: string): void {
    for (const id of [...this.#open.keys()]) this.close(id, reason);
  }

  #announce(id: string, { number, credits }: Open): void {
    this.tell(id, { type: "sender", id, sender: number, credits });
  }

  #push(id: string, sender: Open, { bytes, ...about }: SentFrame): boolean {
    if (this.#open.get(id) !== sender) return false;
    if (sender.credits === 0) {
      this.tell(id, { type: "push", id, sender: sender.number });
      return false;
    }
    sender.credits--;
    // What shares its memory with others cannot be moved from under them.
    const own = bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength
      ? bytes as Uint8Array<ArrayBuffer>
      : bytes.slice();
    const frame = { ...about, bytes: own, arrivedAtMs: nowMs() };
    this.tell(id, { type: "push", id, sender: sender.number, frame }, [own.buffer]);
    return true;
  }
}
