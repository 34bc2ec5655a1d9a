import { z } from "zod";
import { nowMs } from "../core/clock.ts";
import type { ResultEnvelope } from "../core/results.ts";
import type { PipelineStep, StateEvent, StreamStatus } from "../core/stream.ts";
import type { FlagValues } from "./flags.ts";
import { print } from "./print.ts";
import { progressBar } from "./progress.ts";
import { PulseDiary } from "./pulse_diary.ts";
import { reportText, Tally } from "./report.ts";
import { printable, type ServerClient } from "./server_client.ts";
import { Terminal } from "./terminal.ts";
import type { UploadedFile } from "./upload.ts";
import type { uploadHelp } from "./upload_flags.ts";

/** What playing a clip on a server takes. */
export interface UploadedRunOptions {
  server: ServerClient;
  clip: UploadedFile;
  steps: readonly PipelineStep[];
  flags: FlagValues<typeof uploadHelp.flags>;
  /** Aborts when it is to end before the clip does. */
  signal: AbortSignal;
}

const REDRAW_MS = 250;
const viewSchema = z.object({ id: z.string(), status: z.looseObject({ state: z.string() }).optional() });

/** A clip that a server plays through models and analyzers, its results here on standard output. */
export class UploadedRun {
  #terminal = new Terminal();
  #pulse = new PulseDiary();
  #tally: Tally;
  #id: string;
  #drawnMs = 0;

  constructor(private readonly options: UploadedRunOptions) {
    const { clip, flags } = options;
    this.#tally = new Tally(clip.name, nowMs);
    // Events are asked for by the stream's name before it begins: a name of its own is certain to be free.
    const own = clip.name.replace(/\.[^.]+$/, "").replace(/^[^A-Za-z0-9]+/, "").slice(0, 50) || "clip";
    this.#id = flags.id ?? `${own}-${crypto.randomUUID().slice(0, 6)}`;
  }

  /** Plays it to its end and tidies up. Answers the exit code. */
  async run(): Promise<number> {
    const { server, clip, steps, flags, signal } = this.options;
    const kept = flags.keep ?? false;
    let made = false;
    try {
      const events = await server.listen(`/api/v1/events?streams=${encodeURIComponent(this.#id)}`);
      const source = { ...clip.source, pace: flags.realtime ? "realtime" : "fast" };
      await server.ask("POST", "/api/v1/streams", viewSchema, { id: this.#id, source, pipeline: steps });
      made = true;
      const ended = await this.#follow(events);
      const status = signal.aborted ? undefined : await this.#status();
      return this.#report(ended, status);
    } finally {
      this.#terminal.clear();
      if (made && !kept) await this.#remove(`streams/${encodeURIComponent(this.#id)}`);
      if (!kept) await this.#remove(`uploads/${encodeURIComponent(clip.name)}`);
    }
  }

  /** Prints what comes until the stream has ended; answers how. */
  async #follow(events: AsyncGenerator<{ type: string; data: string }>): Promise<StateEvent | undefined> {
    const { flags, signal } = this.options;
    try {
      for await (const { type, data } of events) {
        if (type === "state") {
          const event = JSON.parse(data) as StateEvent;
          this.#tally.pushState(event);
          const { state, cause } = event;
          if (cause && ["stalled", "backoff", "failed"].includes(state)) {
            this.#terminal.say(`${this.#id}: ${printable(`${state}: ${cause.message}`)}`);
          }
          if (state === "stopped" || state === "failed") return event;
        } else if (type === "result" || type === "alert" || type === "gap") {
          if (type === "result") this.#result(JSON.parse(data) as ResultEnvelope);
          if (this.#terminal.interactive && Deno.stdout.isTerminal()) this.#terminal.clear();
          print(data);
          if (!flags.quiet) this.#redraw();
        }
      }
    } catch (error) {
      if (!signal.aborted) throw error;
      return undefined;
    }
    throw new Error(`${this.options.server.shownUrl} stopped telling of ${this.#id} before the clip had ended`);
  }

  #result(result: ResultEnvelope): void {
    this.#tally.pushResult(result);
    this.#pulse.push(result);
  }

  #redraw(): void {
    const { durationMs } = this.options.clip.video;
    if (!durationMs || nowMs() - this.#drawnMs < REDRAW_MS) return;
    this.#drawnMs = nowMs();
    const share = Math.min(1, ((this.#tally.lastPts ?? 0) * 1000) / durationMs);
    this.#terminal.draw([`${this.#id}  ${progressBar({ share })}`]);
  }

  /** How the stream stands, by the server's own count. */
  async #status(): Promise<StreamStatus | undefined> {
    const { server } = this.options;
    const { status } = await server.ask("GET", `/api/v1/streams/${encodeURIComponent(this.#id)}`, viewSchema);
    return status as StreamStatus | undefined;
  }

  #report(ended: StateEvent | undefined, status: StreamStatus | undefined): number {
    const { flags, clip } = this.options;
    this.#terminal.clear();
    if (!flags.quiet) {
      if (status) this.#terminal.say(reportText(this.#tally.report(status)));
      const pulse = this.#pulse.text();
      if (pulse) this.#terminal.say(pulse);
      if (flags.keep) this.#terminal.say(`The stream ${this.#id} and the clip ${clip.name} are still there`);
    }
    return ended?.state === "failed" ? 1 : 0;
  }

  /** What cannot be removed now is said: nobody else will. */
  async #remove(what: string): Promise<void> {
    try {
      await this.options.server.remove(`/api/v1/${what}`);
    } catch (error) {
      this.#terminal.say(`${what} is still there: ${(error as Error).message}`);
    }
  }
}
