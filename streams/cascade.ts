import type { OperatorFunction } from "rxjs";
import { nowMs } from "../src/core/clock.ts";
import { FrameError } from "../src/core/drops.ts";
import type { PreparedAndInferred, Turn, Turns } from "../src/core/inference.ts";
import type { CropOutput, Detection, ModelOutput } from "../src/core/results.ts";
import type { CascadeFigures } from "../src/core/stream.ts";
import type { FrameInWork } from "./frame_in_work.ts";
import { latestMap } from "./latest_map.ts";
import type { CascadeStep, PipelineContext } from "./pipeline.ts";
import { sameAnswer } from "./same_answer.ts";
import type { Looked } from "./similarity_cache.ts";
import { withoutDoubles } from "./without_doubles.ts";

/** One run that a frame asks of a step's model. */
export interface Piece {
  /** Which detection it is about; absent when it is about the whole picture. */
  crop?: Pick<CropOutput, "of" | "track" | "label" | "box">;
  run(turn: Turn): Promise<PreparedAndInferred>;
  /** What of it is compared where similar ones share an answer, and with whose. */
  likeness?(): { session: string; numbers: ArrayLike<number> };
}

/** What a step that runs on an earlier one's answers asks of its model, frame by frame. */
export interface Cascade {
  /** The most runs that one frame asks for. */
  readonly most: number;
  /** How many numbers tell whether two of its pieces are alike. */
  readonly numbers: number;
  /** What is to be run of the next frame, the most urgent first, and how much more was due. */
  next(frame: FrameInWork): { pieces: Piece[]; skipped: number };
  /** A new epoch: what went by tracks is forgotten. */
  reset(): void;
}

type Outcome =
  & { piece: Piece; looked?: Looked<ModelOutput> }
  & ({ answer: PreparedAndInferred } | { known: ModelOutput } | { error: unknown });

/**
 * A step on what an earlier one found. Every crop is a turn of its own in the model's queue, so crops of one frame, of
 * several and of other streams share batches; the frame holds its picture until all of them are back, and one that
 * fails is told in the frame's output and costs no other.
 */
export function cascaded(step: CascadeStep, context: PipelineContext): OperatorFunction<FrameInWork, FrameInWork> {
  const { policy } = context;
  const turns = step.trial?.turnsFrom(context.turns) ?? context.turns;
  const maxAgeMs = policy.maxAgeMs ?? Number.POSITIVE_INFINITY;
  let epoch = context.epoch ?? 0;
  return latestMap<FrameInWork, AbortSignal, FrameInWork>({
    mode: "block",
    capacity: policy.capacity,
    // What one frame learns the next one knows, in every replay alike.
    concurrency: step.cache ? 1 : step.concurrency,
    // How many turns a frame needs is seen only when it is looked at, in the order of the frames.
    permit: (_frame, signal) => Promise.resolve(signal),
    pass: () => {},
    fresh: (frame) => nowMs() - frame.info.arrivedAtMs <= maxAgeMs,
    async project(frame, signal) {
      if (frame.info.epoch !== epoch) {
        epoch = frame.info.epoch;
        step.cascade.reset();
        step.cache?.clear();
      }
      const { pieces, skipped } = step.cascade.next(frame);
      const deadlineMs = frame.info.arrivedAtMs + maxAgeMs;
      const asked = await Promise.allSettled(
        pieces.map((piece) => answered(piece, frame, { step, context, turns, deadlineMs, signal })),
      );
      const outcomes = asked.map((one) => {
        if (one.status === "rejected") throw one.reason;
        return one.value;
      });
      remember(step, outcomes);
      account(frame, outcomes);
      const output = outputOf(step, outcomes, skipped);
      count(step.figures, output);
      frame.outputs[step.name] = output;
      return frame;
    },
    drop: (frame, cause, reason) => context.onDrop(frame, cause, reason),
  });
}

interface Way {
  step: CascadeStep;
  context: PipelineContext;
  turns: Turns;
  deadlineMs: number;
  signal: AbortSignal;
}

/** The answer of one that was nearly the same, where there is one and it is not to be checked, or else the model's. */
async function answered(piece: Piece, frame: FrameInWork, way: Way): Promise<Outcome> {
  const { cache } = way.step;
  const likeness = cache && frame.session !== null && piece.likeness?.();
  if (!likeness) return await inTurn(piece, way);
  const session = `${frame.session}/${likeness.session}`;
  const looked = cache.look(session, likeness.numbers, frame.info.ptsUs / 1e6);
  const { known, check, vector } = looked;
  if (known && !check) return { piece, known };
  const place = way.context.answers && frame.session !== "" && { digest: way.step.digest, session };
  if (known || !place || !vector) return { ...await inTurn(piece, way), looked };
  const { answers } = way.context;
  const shared = await answers!.find(place, vector, cache.rules.similarity);
  if (shared) {
    looked.adopt(shared);
    return { piece, known: shared };
  }
  const outcome = await inTurn(piece, way);
  if ("answer" in outcome && ofStep(way.step, outcome.answer)) answers!.store(place, vector, outcome.answer.output);
  return { ...outcome, looked };
}

/** What the model said is remembered in the order of the pieces, whichever came back first. */
function remember(step: CascadeStep, outcomes: readonly Outcome[]): void {
  for (const outcome of outcomes) {
    if (!("answer" in outcome && outcome.looked && ofStep(step, outcome.answer))) continue;
    const { looked: { known, learn }, answer: { output, prepareMs, inferMs } } = outcome;
    // What goes into the frame may be added to by later steps.
    learn(structuredClone(output), known && sameAnswer(known, output));
    step.cache?.ran(prepareMs + inferMs);
  }
}

/** What another version says, which is only tried, stands for nothing that comes after. */
function ofStep({ spec }: CascadeStep, { output }: PreparedAndInferred): boolean {
  return output.version === spec.version;
}

/** Waits for the turn of one piece and runs it. Rejects with what costs the whole frame; else a failure is its own. */
async function inTurn(piece: Piece, way: Way): Promise<Outcome> {
  const { step, context: { stream, policy: { weight, mode, maxAgeMs } }, turns, deadlineMs, signal } = way;
  const patient = mode === "block" && maxAgeMs === undefined;
  const turn = await turns.request(step.model, { stream, deadlineMs, weight, late: false, patient }, signal);
  if (nowMs() + turn.expectedMs > deadlineMs) {
    turn.pass();
    throw new FrameError("stale", `The turns of ${step.name} came too late`);
  }
  try {
    return { piece, answer: await piece.run(turn) };
  } catch (error) {
    if (error instanceof FrameError) throw error;
    return { piece, error };
  }
}

/** Crops that run at once took the time that their runs took together, not its sum. */
function account(frame: FrameInWork, outcomes: readonly Outcome[]): void {
  const answers = outcomes.flatMap((outcome) => "answer" in outcome ? [outcome.answer] : []);
  answers.sort((a, b) => a.startedAtMs - b.startedAtMs);
  let upToMs = 0;
  for (const { startedAtMs, inferMs, prepareMs } of answers) {
    frame.prepareMs += prepareMs;
    const endMs = startedAtMs + inferMs;
    frame.inferMs += Math.max(0, endMs - Math.max(startedAtMs, upToMs));
    upToMs = Math.max(upToMs, endMs);
  }
  if (answers.length > 0) frame.inferredFromMs ??= answers[0].startedAtMs;
}

function outputOf({ spec }: CascadeStep, outcomes: readonly Outcome[], skipped: number): ModelOutput {
  const [first] = outcomes;
  if (first && !first.piece.crop) {
    if ("error" in first) throw first.error;
    return outputFrom(first);
  }
  const found: Detection[] = [];
  const notice = spec.options?.notice as string | undefined;
  const crops = outcomes.map((outcome): CropOutput => {
    const crop = outcome.piece.crop!;
    if ("error" in outcome) return { ...crop, error: wordsOf(outcome.error) };
    const { model: _model, version, notice: _notice, detections = [], ...said } = outputFrom(outcome);
    for (const detection of detections) found.push({ ...detection, of: crop.of });
    return { ...crop, ...(version !== spec.version && { version }), ...said };
  }).sort((a, b) => a.of - b.of);
  const failed = crops.filter(({ error }) => error !== undefined).length;
  return {
    model: spec.family ?? spec.name,
    ...(spec.version !== undefined && { version: spec.version }),
    ...(notice !== undefined && { notice }),
    crops,
    ...(spec.task === "detect" && { detections: withoutDoubles(found) }),
    ...(skipped > 0 && { skipped }),
    ...(failed > 0 && { failed }),
  };
}

function outputFrom(outcome: { answer: PreparedAndInferred } | { known: ModelOutput }): ModelOutput {
  return "known" in outcome ? { ...structuredClone(outcome.known), cached: true } : outcome.answer.output;
}

function count(figures: CascadeFigures, { crops, failed = 0, skipped = 0 }: ModelOutput): void {
  figures.runs += crops?.length ?? 1;
  figures.failed += failed;
  figures.skipped += skipped;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
