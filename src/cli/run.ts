import type { Subscription } from "rxjs";
import { nowMs } from "../core/clock.ts";
import { redactUrls } from "../core/redact.ts";
import type { AlertEvent } from "../core/events.ts";
import type { ResultEnvelope } from "../core/results.ts";
import type { StateEvent, StreamStatus } from "../core/stream.ts";
import { Weir } from "../app.ts";
import { parseFlags } from "./flags.ts";
import { formatBytes } from "./format.ts";
import { helpPage } from "./help.ts";
import { onInterrupt } from "./interrupt.ts";
import { LineWriter } from "./line_writer.ts";
import { registryOf } from "./models_place.ts";
import { declarePlugins } from "./plugins.ts";
import { print } from "./print.ts";
import { PulseDiary } from "./pulse_diary.ts";
import { progressOf, statusLine } from "./progress.ts";
import { reportText, type StreamReport, Tally } from "./report.ts";
import { runHelp } from "./run_flags.ts";
import { planRun, type RunPlan } from "./run_plan.ts";
import { Terminal } from "./terminal.ts";

const REDRAW_MS = 250;
/** Result lines that may wait for a slow reader. */
const WAITING_LINES = 4096;

/** `weir run`: runs sources through models until they end, and reports. Answers the exit code. */
export async function runCommand(args: readonly string[]): Promise<number> {
  const parsed = parseFlags(runHelp, args);
  if (parsed.help) {
    print(helpPage(runHelp));
    return 0;
  }
  const plugins = await declarePlugins(parsed.flags.plugin ?? []);
  const plan = await planRun(parsed.positionals, parsed.flags);
  return await new Run({ ...plan, options: { ...plan.options, plugins } }).run();
}

/** One `weir run` from start to report. */
class Run {
  #terminal = new Terminal();
  #tallies = new Map<string, Tally>();
  #pulse = new PulseDiary();
  #out: Deno.FsFile | typeof Deno.stdout;
  #writer: LineWriter;
  #wantsEnd = false;
  #ended = false;
  #finished = false;
  #failure?: Error;
  #started = false;
  #stopping?: Promise<unknown>;
  /** Rejects when the run cannot go on or cannot end. */
  #stuck = Promise.withResolvers<never>();
  #weir!: Weir;
  #startedAtMs = nowMs();

  constructor(private readonly plan: RunPlan) {
    // It may reject before or after anybody waits for it.
    this.#stuck.promise.catch(() => {});
    const { streams, out } = plan;
    for (const { registration, source } of streams) this.#tallies.set(registration.id, new Tally(source, nowMs));
    this.#out = out ? Deno.openSync(out.partialPath, { write: true, create: true, truncate: true }) : Deno.stdout;
    this.#writer = new LineWriter(this.#out, {
      capacity: WAITING_LINES,
      onBacklog: (full) => this.plan.keeps.forEach((id) => this.#weir.hold(id, full)),
      onBroken: (error) => this.#unwritable(error),
    });
  }

  async run(): Promise<number> {
    const { streams, models, durationMs, quiet, notices } = this.plan;
    if (!quiet) { for (const notice of notices) this.#terminal.say(notice); }
    this.#weir = await Weir.start({ registry: registryOf(), ...this.plan.options });
    using _interrupt = onInterrupt(() => this.#stop());
    const subscriptions: Subscription[] = [
      this.#weir.results$.subscribe((result) => this.#result(result)),
      this.#weir.states$.subscribe((event) => this.#state(event)),
      this.#weir.alerts$.subscribe((event) => this.#alert(event)),
    ];
    let timer: ReturnType<typeof setTimeout> | undefined;
    let ticker: ReturnType<typeof setInterval> | undefined;
    try {
      // Loading a large model takes its time.
      if (!quiet) this.#terminal.draw(streams.map(({ registration }) => `${registration.id}  starting`));
      await this.#weir.declareModels(models);
      for (const { registration, video } of streams) {
        await this.#weir.add(registration, video ? { video: video.partialPath } : {});
      }
      this.#startedAtMs = nowMs();
      this.#started = true;
      if (this.#wantsEnd) this.#stop();
      if (durationMs !== undefined) timer = setTimeout(() => this.#stop(), durationMs);
      if (!quiet && this.#terminal.interactive) ticker = setInterval(() => void this.#redraw(), REDRAW_MS);
      const ends = Promise.all(streams.map(({ registration }) => this.#weir.done(registration.id)));
      const statuses = await Promise.race([ends, this.#stuck.promise]);
      await this.#stopping;
      await this.#writer.drain();
      if (this.#failure) throw this.#failure;
      this.#ended = true;
      return await this.#finish(statuses);
    } finally {
      this.#ended = true;
      clearTimeout(timer);
      clearInterval(ticker);
      this.#terminal.clear();
      if (!this.#finished) await this.#abandonOut();
      await this.#weir[Symbol.asyncDispose]();
      for (const subscription of subscriptions) subscription.unsubscribe();
    }
  }

  #result(result: ResultEnvelope): void {
    this.#tallies.get(result.stream)?.pushResult(result);
    this.#pulse.push(result);
    if (this.#writer.broken) return;
    // On one and the same window the status line must make way first.
    if (!this.plan.out && this.#terminal.interactive && Deno.stdout.isTerminal()) this.#terminal.clear();
    const { stream, seq } = result;
    this.#writer.push(this.#line(result), { stream, seq, keep: this.plan.keeps.has(stream) });
  }

  /** In the lines, an alert follows the result of its frame. */
  #alert(event: AlertEvent): void {
    const { stream, seq = 0, alert, message } = event;
    if (!this.plan.quiet) this.#terminal.say(`${stream}: ${alert}: ${message}`);
    if (this.#writer.broken) return;
    const { at: _at, ...rest } = event;
    const line = JSON.stringify(this.plan.options.deterministic ? rest : event);
    this.#writer.push(line, { stream, seq, keep: this.plan.keeps.has(stream) });
  }

  /** The envelope as a line; a deterministic run leaves out what depends on the clock. */
  #line(result: ResultEnvelope): string {
    if (!this.plan.options.deterministic) return JSON.stringify(result);
    const { ageMs: _age, timings: _timings, capturedAt: _captured, ...rest } = result;
    return JSON.stringify(rest);
  }

  #state(event: StateEvent): void {
    const { stream, state, cause, nextAttemptMs } = event;
    this.#tallies.get(stream)?.pushState(event);
    // Other states repeat the cause of the one before.
    const told = this.plan.quiet ? state === "failed" : ["stalled", "backoff", "failed"].includes(state);
    if (!cause || !told) return;
    const seconds = nextAttemptMs === undefined ? 0 : Math.max(0, (nextAttemptMs - Date.now()) / 1000);
    const next = nextAttemptMs === undefined ? "" : `; next attempt in ${seconds.toFixed(1)} s`;
    this.#terminal.say(`${stream}: ${state}: ${redactUrls(cause.message)}${next}`);
  }

  /** Asks every stream to finish what it has under way and end; further calls join the first. */
  #stop(): void {
    this.#wantsEnd = true;
    if (!this.#started || this.#stopping) return;
    this.#stopping = Promise.all(this.plan.streams.map(({ registration }) => this.#weir.stop(registration.id)))
      .catch((error) => this.#fail(error));
  }

  /** The reader left, which is its good right; or the disk is full, which is not. */
  #unwritable(error: Error): void {
    if (!(error instanceof Deno.errors.BrokenPipe)) {
      const where = this.plan.out?.path ?? "standard output";
      this.#fail(new Error(`Cannot write results to ${where}: ${error.message}`, { cause: error }));
    }
    this.#stop();
  }

  /** The first failure ends the run. */
  #fail(error: Error): void {
    this.#failure ??= error;
    this.#stuck.reject(error);
  }

  /** A run that breaks off leaves no empty file. */
  async #abandonOut(): Promise<void> {
    if (!this.plan.out) return;
    (this.#out as Deno.FsFile).close();
    await this.plan.out.abandon();
  }

  async #redraw(): Promise<void> {
    const statuses = await Promise.allSettled(
      this.plan.streams.map(({ registration }) => this.#weir.status(registration.id)),
    );
    const lines = statuses.flatMap((answer) => answer.status === "fulfilled" ? [this.#statusLine(answer.value)] : []);
    if (!this.#ended) this.#terminal.draw(lines);
  }

  #statusLine(status: StreamStatus): string {
    const { durationMs, loop } = this.plan;
    const lastPts = this.#tallies.get(status.id)?.lastPts;
    return statusLine(
      status,
      progressOf(status, { elapsedMs: nowMs() - this.#startedAtMs, durationMs, loop, lastPts }),
      this.#terminal.columns,
    );
  }

  /** Completed files take their names, the report is told. */
  async #finish(statuses: StreamStatus[]): Promise<number> {
    const { streams, out, report, page, quiet } = this.plan;
    const reports: StreamReport[] = statuses.map((status) => this.#tallies.get(status.id)!.report(status));
    // A camera that was never reached did not fail for good, but whoever waits for the exit code wants to know.
    const failed = reports.some(({ state, frames, errors }) =>
      state === "failed" || (frames.received === 0 && errors.length > 0)
    );
    if (out) (this.#out as Deno.FsFile).close();
    this.#finished = true;
    this.#terminal.clear();
    const files = [...(out ? [out] : []), ...streams.flatMap(({ video }) => video ? [video] : [])];
    for (const file of files) {
      const size = failed ? await file.abandon() : await file.commit();
      if (size === undefined) this.#terminal.say(`${file.path} is not written: there was nothing to write`);
      else if (failed) this.#terminal.say(`${file.path} is not complete; what there is lies in ${file.partialPath}`);
      else if (!quiet) this.#terminal.say(`${file.path}: ${formatBytes(size)}`);
    }
    if (report) {
      const content = { v: 1, elapsedMs: nowMs() - this.#startedAtMs, streams: reports };
      await Deno.writeTextFile(report.partialPath, JSON.stringify(content, null, 2) + "\n");
      await report.commit();
    }
    if (page) {
      const title = `Heart rates: ${streams.map(({ source }) => source).join(", ")}`;
      await Deno.writeTextFile(page.partialPath, this.#pulse.html(title));
      await page.commit();
    }
    // Somebody who reads only the first lines has seen what they wanted.
    if (!quiet && !this.#writer.broken) { for (const stream of reports) this.#terminal.say(reportText(stream)); }
    const pulse = this.#pulse.text();
    if (!quiet && pulse && !this.#writer.broken) this.#terminal.say(pulse);
    return failed ? 1 : 0;
  }
}
