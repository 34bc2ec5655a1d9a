import { join } from "node:path";
import type { LogEvent } from "../core/events.ts";
import { type ParsedSinkConfig, sinkName, sinkNamed } from "./registry.ts";
import { sift } from "./sift.ts";
import type { Sink, SinkContext, SinkStatus } from "./sink.ts";

/** What the sinks of a stream stand on. */
export interface SinkSetOptions extends Omit<SinkContext, "directory"> {
  /** A directory of the stream's own; each sink gets one in it, named like the sink. */
  directory: string;
  /** What {@link parseSinkConfigs} made. */
  configs: readonly ParsedSinkConfig[];
}

/** One sink of a stream, for people. */
export interface SinkReport extends SinkStatus {
  name: string;
  kind: string;
  /** Where it sends to, without credentials. */
  to: string;
}

interface Member {
  config: ParsedSinkConfig;
  sink: Sink;
  wanted: ReturnType<typeof sift>;
}

/** Two sinks of one place share a directory, and what they leave at their peers: the same kind by the same name. */
function placeOf(config: ParsedSinkConfig): string {
  return `${config.kind} ${sinkName(config).toLowerCase()}`;
}

/** All sinks of one stream. Each has a queue and a peer of its own: a slow or dead one costs only its own events. */
export class SinkSet implements AsyncDisposable {
  #members: Member[];
  #now: () => number;
  #ending: Promise<void> | undefined;

  constructor(options: SinkSetOptions) {
    const { configs, directory, ...context } = options;
    this.#now = options.now ?? Date.now;
    this.#members = configs.map((config) => {
      const place = { ...context, directory: join(directory, sinkName(config)) };
      return { config, sink: sinkNamed(config.kind).open(config, place), wanted: sift(config) };
    });
  }

  /** Hands an event to every sink that wants it; never blocks, never throws. */
  push(event: LogEvent): void {
    const nowMs = this.#now();
    for (const { sink, wanted } of this.#members) {
      const left = wanted(event, nowMs);
      if (left) sink.push(left);
    }
  }

  status(): SinkReport[] {
    return this.#members.map(({ config, sink }) => ({
      name: sinkName(config),
      kind: config.kind,
      to: sinkNamed(config.kind).redacted(config),
      ...sink.status(),
    }));
  }

  /** Ends all sinks because the stream is gone for good: what they left at their peers and on disk goes, too. */
  remove(): Promise<void> {
    return this.makeRoom([]);
  }

  /**
   * Ends all sinks because others take their places. Of those that are not among these any more, what they left goes; the
   * others only make room, and those that come find what waits to be sent.
   */
  makeRoom(next: readonly ParsedSinkConfig[]): Promise<void> {
    const stay = new Set(next.map(placeOf));
    return this.#ending ??= this.#end((sink, config) =>
      sink.remove && !stay.has(placeOf(config)) ? sink.remove() : sink[Symbol.asyncDispose]()
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#ending ??= this.#end((sink) => sink[Symbol.asyncDispose]());
  }

  async #end(how: (sink: Sink, config: ParsedSinkConfig) => PromiseLike<void>): Promise<void> {
    await Promise.all(this.#members.map(({ sink, config }) => how(sink, config)));
  }
}
