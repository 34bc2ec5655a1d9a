import type { OperatorFunction } from "rxjs";
import { filter } from "rxjs/internal/operators/filter";
import { map } from "rxjs/internal/operators/map";
import { Observable } from "rxjs/internal/Observable";
import { pipe } from "rxjs/internal/util/pipe";
import type { Analyzer, RaisedAlert } from "../src/core/analyzer.ts";
import { nowMs } from "../src/core/clock.ts";
import type { DropCause } from "../src/core/drops.ts";
import type { Turn, Turns } from "../src/core/inference.ts";
import type { ModelSpec } from "../src/core/model.ts";
import type { ModelOutput, ResultEnvelope } from "../src/core/results.ts";
import type { CascadeFigures, StreamPolicy } from "../src/core/stream.ts";
import { type Cascade, cascaded } from "./cascade.ts";
import { Credits } from "./credits.ts";
import { envelope } from "./envelope.ts";
import type { FrameInWork } from "./frame_in_work.ts";
import type { ModelInput } from "./model_input.ts";
import { latestMap } from "./latest_map.ts";
import { runMemory } from "./run_memory.ts";
import type { SharedAnswers } from "./shared_answers.ts";
import type { SimilarityCache } from "./similarity_cache.ts";
import type { VersionTrial } from "./version_trial.ts";

/** A model's step: whose turns are asked for, and how many frames may be under way. */
interface OfModel {
  name: string;
  model: string;
  spec: ModelSpec;
  concurrency: number;
  /** Its answers are for later steps only. */
  silent?: boolean;
}

/** A model on the whole picture. */
export type ModelStep = OfModel & { input: Pick<ModelInput, "expect" | "run">; trial?: VersionTrial };

/** A model on what an earlier step found. */
export type CascadeStep = OfModel & {
  cascade: Cascade;
  trial?: VersionTrial;
  /** Which models' answers these are: those of this step and of the one before it. */
  scope: string;
  /** Which files and preparations, for those who know them under other names. */
  digest: string;
  cache?: SimilarityCache<ModelOutput>;
  figures: CascadeFigures;
};

/** An analyzer, which goes on where it was when another pipeline takes it over. */
export interface AnalyzerStep {
  name: string;
  analyzer: Analyzer;
  /** The epoch of the latest frame that it has seen. */
  epoch?: number;
}

/** One step, ready to run. */
export type Step = ModelStep | CascadeStep | AnalyzerStep;

/** What a pipeline needs of its surroundings. */
export interface PipelineContext {
  stream: string;
  policy: StreamPolicy;
  steps: Step[];
  turns: Turns;
  /** Room for frames that wait for the first model; the intake holds the source back by it. */
  credits?: Credits;
  /** The epoch that steps on what others found know already; without it they forget all tracks at the first frame. */
  epoch?: number;
  /** Sees every finished frame in order, with its picture, before it is let go (annotated video). */
  record?(frame: FrameInWork, result: ResultEnvelope): void;
  /** Sees every finished frame once its result is out, with its picture, before it is let go (pictures for people). */
  show?(frame: FrameInWork, result: ResultEnvelope): void;
  /** Sees every finished frame that people are to be told of, right after its result. */
  onAlerts?(frame: FrameInWork, result: ResultEnvelope): void;
  /** What several servers remember together, of sessions that come to any of them. */
  answers?: Pick<SharedAnswers, "find" | "store">;
  onDrop(frame: FrameInWork, cause: DropCause, reason?: unknown): void;
}

/** THE data path: decoded frames in, published results out, in the order in which a frame travels. */
export function pipeline(frames$: Observable<FrameInWork>, context: PipelineContext): Observable<ResultEnvelope> {
  const models = context.steps.filter((step) => "spec" in step);
  // Frames that passed the first model still hold their pictures: with several models, they are bounded together.
  const passage = models.length > 1 ? new Credits(Math.max(...models.map((step) => step.concurrency)) + 1) : undefined;
  const through = context.steps.reduce<Observable<FrameInWork>>((frames, step) => {
    if ("analyzer" in step) return frames.pipe(analysed(step, context));
    if ("cascade" in step) return frames.pipe(cascaded(step, context));
    return frames.pipe(inferred(step, { ...context, first: step === models[0], passage }));
  }, frames$);
  return through.pipe(published(context));
}

/** A frame waits for the model's turn, is prepared only then, runs, and goes on with the model's output. */
function inferred(
  step: ModelStep,
  context: PipelineContext & { first: boolean; passage?: Credits },
): OperatorFunction<FrameInWork, FrameInWork> {
  const { policy, first, passage } = context;
  const turns = step.trial?.turnsFrom(context.turns) ?? context.turns;
  const maxAgeMs = policy.maxAgeMs ?? Number.POSITIVE_INFINITY;
  const patient = policy.mode === "block" && policy.maxAgeMs === undefined;
  return latestMap<FrameInWork, Turn, FrameInWork>({
    mode: first ? policy.mode : "block",
    capacity: policy.capacity,
    concurrency: step.concurrency,
    credits: first ? context.credits : undefined,
    permit(frame, signal) {
      const deadlineMs = frame.info.arrivedAtMs + maxAgeMs;
      const late = first && policy.mode === "latest";
      const { stream } = context;
      const ask = () => {
        const turn = turns.request(step.model, { stream, deadlineMs, weight: policy.weight, late, patient }, signal);
        step.input.expect(frame.picture);
        return turn;
      };
      const room = first ? passage?.room() : undefined;
      return room ? room.then(ask) : ask();
    },
    pass: (turn) => turn.pass(),
    fresh: (frame, turn) => nowMs() - frame.info.arrivedAtMs + turn.expectedMs <= maxAgeMs,
    async project(frame, turn) {
      if (first && passage) {
        passage.take();
        frame.passage = passage;
      }
      const inferred = await step.input.run(frame.picture, turn, runMemory(step, frame.info));
      frame.inferredFromMs ??= inferred.startedAtMs;
      frame.firstPrepareMs ??= inferred.prepareMs;
      frame.prepareMs += inferred.prepareMs;
      frame.inferMs += inferred.inferMs;
      frame.outputs[step.name] = inferred.output;
      return frame;
    },
    drop: (frame, cause, reason) => context.onDrop(frame, cause, reason),
  });
}

/** An analyzer folds every frame in, in order, and may add an output of its own. */
function analysed(
  step: AnalyzerStep,
  context: PipelineContext,
): OperatorFunction<FrameInWork, FrameInWork> {
  const push = (frame: FrameInWork) => {
    if (frame.info.epoch !== step.epoch) {
      step.epoch = frame.info.epoch;
      step.analyzer.reset();
    }
    try {
      const { width, height } = frame.picture;
      const { info, outputs, picture } = frame;
      let held = false;
      const hold = () => void (held = true);
      const alert = (raised: RaisedAlert) => void frame.alerts.push({ ...raised, alert: step.name });
      const output = step.analyzer.push({ info, width, height, outputs, picture, hold, alert });
      if (held) context.onDrop(frame, "sampled");
      else if (output) outputs[step.name] = output;
    } catch (error) {
      context.onDrop(frame, "failed", error);
    }
    return frame;
  };
  return pipe(map(push), filter((frame) => frame.open));
}

/** The end of the way: the envelope goes out, the picture goes back, the account is closed. */
function published(context: PipelineContext): OperatorFunction<FrameInWork, ResultEnvelope> {
  const silent = context.steps.filter((step) => "silent" in step && step.silent);
  return (frames$) =>
    new Observable<ResultEnvelope>((subscriber) =>
      frames$.subscribe({
        next(frame) {
          for (const { name } of silent) delete frame.outputs[name];
          const result = envelope(frame);
          context.record?.(frame, result);
          subscriber.next(result);
          if (frame.alerts.length > 0) context.onAlerts?.(frame, result);
          context.show?.(frame, result);
          frame.complete();
        },
        error: (error) => subscriber.error(error),
        complete: () => subscriber.complete(),
      })
    );
}
