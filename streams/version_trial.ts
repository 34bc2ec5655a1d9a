import type { PreparedAndInferred, RunOverrides, Turn, TurnRequest, Turns } from "../src/core/inference.ts";
import type { Picture } from "../src/core/frame.ts";
import type { ModelOutput } from "../src/core/results.ts";
import { agreementOf } from "../src/vision/agreement.ts";
import type { Rect } from "../src/vision/fit.ts";
import type { ModelInput, RunOptions } from "./model_input.ts";

/** A version of a model and the way into it. */
export interface TriedVersion {
  /** Whose turns are asked for. */
  key: string;
  version: string;
  input: Pick<ModelInput, "expect" | "run">;
}

/** What came of trying a version beside the one in force. */
export interface TrialFigures {
  compared: number;
  /** Of those whose answers could be set against each other, and how far they agreed, summed up. */
  scored: number;
  agreement: number;
  /** Frames that there was no spare time for. */
  skipped: number;
  failed: number;
}

/** A version that is tried. */
export interface Candidate extends TriedVersion {
  role: "canary" | "shadow";
  /** Of the frames, for a canary. */
  share: number;
  figures: TrialFigures;
}

const ROUNDING = 1e-9;
/** What nobody waits for. */
const SPARE: Pick<TurnRequest, "deadlineMs" | "weight" | "late" | "spare"> = {
  deadlineMs: Number.POSITIVE_INFINITY,
  weight: 1,
  late: false,
  spare: true,
};

/**
 * Other versions of a step's model, tried on its own frames. A canary answers a share of them, counted and not drawn, so
 * that the same file tries the same frames; a shadow's answers are published by nobody. What the other version would have
 * said is found out in spare time, one frame at a time: the published ones never wait for it, and those that come
 * meanwhile are counted as skipped.
 */
export class VersionTrial {
  #canary: Candidate | undefined;
  #shadow: Candidate | undefined;
  /** Frames that asked for a turn. */
  #count = 0;
  /** Turns at the canary. */
  #tried = new WeakSet<Turn>();
  #asked: TriedVersion;
  #spare: { turns: Turns; stream: string; signal: AbortSignal } | undefined;
  #comparing = new Set<Candidate>();

  constructor(
    private readonly active: TriedVersion,
    candidates: readonly Candidate[],
    private readonly overrides: RunOverrides,
  ) {
    this.#asked = active;
    this.#canary = candidates.find(({ role }) => role === "canary");
    this.#shadow = candidates.find(({ role }) => role === "shadow");
  }

  /** Pictures that may be held for comparisons besides those under way. */
  get held(): number {
    return Number(this.#canary !== undefined) + Number(this.#shadow !== undefined);
  }

  /** Whose inputs are made besides the active one's. */
  get keys(): string[] {
    return [this.#canary, this.#shadow].flatMap((candidate) => candidate ? [candidate.key] : []);
  }

  /** The same turns, some of them at the canary. */
  turnsFrom(turns: Turns): Turns {
    return {
      request: (model, request, signal) => {
        this.#spare = { turns, stream: request.stream, signal };
        const canary = this.#canary;
        if (!canary || !isDue(++this.#count, canary.share)) {
          this.#asked = this.active;
          return turns.request(model, request, signal);
        }
        this.#asked = canary;
        return turns.request(canary.key, request, signal).then(
          (turn) => {
            this.#tried.add(turn);
            return turn;
          },
          (error) => {
            if (signal.aborted) throw error;
            // A version that is tried and gone costs no frame.
            canary.figures.failed++;
            return turns.request(model, request, signal);
          },
        );
      },
    };
  }

  /** The picture will be run at the turn that was asked for last. */
  expect(picture: Picture): void {
    this.#asked.input.expect(picture);
  }

  /** Runs the picture in its turn, and has the other version say in spare time what it makes of it. */
  async run(picture: Picture, turn: Turn, { region, memory }: RunOptions = {}): Promise<PreparedAndInferred> {
    const canary = this.#tried.has(turn) ? this.#canary : undefined;
    const { overrides } = this;
    const inferred = await (canary ?? this.active).input.run(picture, turn, { overrides, region, memory });
    const published = { picture, region, output: inferred.output };
    if (canary) this.#compare(canary, this.active, published);
    else if (this.#shadow) this.#compare(this.#shadow, this.#shadow, published);
    return inferred;
  }

  #compare(
    candidate: Candidate,
    other: TriedVersion,
    published: { picture: Picture; region: Rect | undefined; output: ModelOutput },
  ): void {
    const { figures } = candidate;
    const spare = this.#spare;
    if (!spare || this.#comparing.has(candidate)) {
      figures.skipped++;
      return;
    }
    this.#comparing.add(candidate);
    // Steps behind this one may still write into what is published.
    const output = structuredClone(published.output);
    const seen = { picture: published.picture.retain(), region: published.region };
    void this.#answer(other, seen, spare).then(
      (answer) => {
        figures.compared++;
        const agreement = agreementOf(output, answer);
        if (agreement === undefined) return;
        figures.scored++;
        figures.agreement += agreement;
      },
      () => spare.signal.aborted ? figures.skipped++ : figures.failed++,
    ).finally(() => this.#comparing.delete(candidate));
  }

  async #answer(
    { key, input }: TriedVersion,
    { picture, region }: { picture: Picture; region: Rect | undefined },
    { turns, stream, signal }: { turns: Turns; stream: string; signal: AbortSignal },
  ): Promise<ModelOutput> {
    using held = picture;
    const turn = await turns.request(key, { ...SPARE, stream: `~${stream}` }, signal);
    return (await input.run(held, turn, { overrides: this.overrides, region })).output;
  }
}

/** Whether the nth frame is one of the share: evenly spread, and always the same ones. */
function isDue(n: number, share: number): boolean {
  const due = (count: number) => Math.floor(count * share + ROUNDING);
  return due(n) > due(n - 1);
}
