import { join } from "node:path";
import type { LogEvent } from "../core/events.ts";
import type { StreamRegistration } from "../core/stream.ts";
import { type SinkReport, SinkSet } from "../sinks/fan_out.ts";
import type { ParsedSinkConfig } from "../sinks/registry.ts";

/** What the sinks of a server's streams stand on. */
export interface StreamSinksOptions {
  /** Where sinks keep what waits to be sent. */
  directory: string;
  /** Checks a host against the server's rules and answers the address to connect to. */
  address(host: string): Promise<string>;
}

/** The sinks of all streams: opened, changed and ended with them. */
export class StreamSinks implements AsyncDisposable {
  #sets = new Map<string, { set: SinkSet; configs: string }>();

  constructor(private readonly options: StreamSinksOptions) {}

  /** Makes a stream's sinks what its registration says. Those of an unchanged list go on as they are. */
  async follow({ id, sinks = [] }: StreamRegistration): Promise<void> {
    const configs = JSON.stringify(sinks);
    const known = this.#sets.get(id);
    if ((known?.configs ?? "[]") === configs) return;
    const parsed = sinks as ParsedSinkConfig[];
    this.#sets.delete(id);
    await known?.set.makeRoom(parsed);
    if (sinks.length === 0) return;
    const { directory, address } = this.options;
    const set = new SinkSet({ stream: id, directory: join(directory, id), configs: parsed, address });
    this.#sets.set(id, { set, configs });
  }

  /** Hands an event to the sinks of its stream. */
  push(event: LogEvent): void {
    this.#sets.get(event.stream)?.set.push(event);
  }

  /** How a stream's sinks stand; empty when it has none. */
  status(id: string): SinkReport[] {
    return this.#sets.get(id)?.set.status() ?? [];
  }

  /** A stream is gone for good, and what its sinks left behind with it. */
  async remove(id: string): Promise<void> {
    const known = this.#sets.get(id);
    this.#sets.delete(id);
    await known?.set.remove();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const sets = [...this.#sets.values()];
    this.#sets.clear();
    await Promise.all(sets.map(({ set }) => set[Symbol.asyncDispose]()));
  }
}
