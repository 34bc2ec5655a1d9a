import { computed, signal } from "@preact/signals";
import type { StreamTrial, StreamView } from "../../core/services.ts";
import { call } from "../api/client.ts";
import { type ProblemError, problemOf } from "../api/problem_error.ts";
import { type Corner, freeName, POINTS, type Shape, shapeInMiddle, type ShapeKind } from "./shape.ts";
import { ShapeHistory } from "./shape_history.ts";
import { remarks, shapesOf, type Size, withShapes } from "./shape_steps.ts";

/** A shape that is being drawn, point by point. */
export interface Placing {
  kind: ShapeKind;
  points: readonly Corner[];
}

/** What the server says of the pipeline as it is drawn. */
export type Verdict =
  | { state: "same" | "asking" }
  | { state: "fits"; effect: StreamTrial["effect"] }
  | { state: "refused"; problem: ProblemError };

/** Whoever drags a point is not asked about between. */
const SETTLE_MS = 500;

/** One drawing of a stream's shapes, from its beginning until it is saved or given up. */
export class ShapeSession implements Disposable {
  readonly shapes = signal<readonly Shape[]>([]);
  readonly selected = signal<number | undefined>(undefined);
  readonly placing = signal<Placing | undefined>(undefined);
  readonly verdict = signal<Verdict>({ state: "same" });
  readonly saving = signal(false);
  /** What saving means besides what is drawn. */
  readonly remarks = computed(() => remarks(this.#pipeline, this.shapes.value));
  readonly size: Size;
  #pipeline: StreamView["registration"]["pipeline"];
  #path: string;
  #history: ShapeHistory;
  #next: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking = new AbortController();

  constructor({ id, registration, status }: StreamView) {
    const { width = 1280, height = 720 } = status?.properties ?? {};
    this.size = { width, height };
    this.#pipeline = registration.pipeline;
    this.#path = `/api/v1/streams/${encodeURIComponent(id)}`;
    this.shapes.value = shapesOf(registration.pipeline, this.size);
    this.#history = new ShapeHistory(this.shapes.value);
    this.#next = this.shapes.value.length + 1;
  }

  get mayUndo(): boolean {
    return this.#history.mayUndo;
  }

  get mayRedo(): boolean {
    return this.#history.mayRedo;
  }

  /** Begins to draw one more shape. */
  begin(kind: ShapeKind): void {
    this.selected.value = undefined;
    this.placing.value = { kind, points: [] };
  }

  /** One more point of what is being drawn; a line is done with its second. */
  place(point: Corner): void {
    const placing = this.placing.value;
    if (!placing) return;
    const points = [...placing.points, point];
    this.placing.value = { ...placing, points };
    if (points.length === POINTS[placing.kind].most) this.finish();
  }

  /** Ends the drawing of a shape; one without points is put into the middle, one with too few is none. */
  finish(): void {
    const placing = this.placing.value;
    if (!placing) return;
    this.placing.value = undefined;
    const { kind, points } = placing;
    if (points.length > 0 && points.length < POINTS[kind].least) return;
    const shape: Shape = {
      key: this.#next++,
      kind,
      name: freeName(kind, this.shapes.value),
      points: points.length === 0 ? shapeInMiddle(kind) : points,
    };
    this.#take([...this.shapes.value, shape]);
    this.selected.value = shape.key;
  }

  /** Gives up the shape that is being drawn. */
  giveUp(): void {
    this.placing.value = undefined;
  }

  /** Puts a shape in the place of what it was. Changes of one gesture are undone together. */
  change(shape: Shape, gesture?: string): void {
    this.#take(this.shapes.value.map((other) => other.key === shape.key ? shape : other), gesture);
  }

  /** The gesture is over. */
  settle(): void {
    this.#history.settle();
  }

  remove(key: number): void {
    if (this.selected.value === key) this.selected.value = undefined;
    this.#take(this.shapes.value.filter((shape) => shape.key !== key));
  }

  undo(): void {
    this.#history.undo();
    this.#show();
  }

  redo(): void {
    this.#history.redo();
    this.#show();
  }

  /** What is wrong with a shape's name; the server says the rest. */
  faultOf(shape: Shape): string | undefined {
    if (shape.kind === "mask") return undefined;
    if (shape.name.trim() === "") return "It needs a name";
    const same = this.shapes.value.filter(({ kind, step, name }) =>
      kind === shape.kind && step === shape.step && name === shape.name
    );
    return same.length > 1 ? `Another ${shape.kind} is called so` : undefined;
  }

  /** Whether there is something to save, and nothing known to be wrong with it. */
  get maySave(): boolean {
    return this.verdict.value.state === "fits" && !this.saving.value;
  }

  /** Saves what is drawn; false where the server refuses it. */
  async save(): Promise<boolean> {
    this.saving.value = true;
    try {
      const { registration } = await call<StreamView>("GET", this.#path);
      if (JSON.stringify(registration.pipeline) !== JSON.stringify(this.#pipeline)) {
        throw new Error("Somebody has changed the stream's pipeline meanwhile; leave this and draw anew");
      }
      await call("PATCH", this.#path, { pipeline: this.#drawn() });
      return true;
    } catch (thrown) {
      this.verdict.value = { state: "refused", problem: problemOf(thrown) };
      return false;
    } finally {
      this.saving.value = false;
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#asking.abort();
  }

  #take(shapes: readonly Shape[], gesture?: string): void {
    this.#history.push(shapes, gesture);
    this.#show();
  }

  #show(): void {
    const shapes = this.shapes.value = this.#history.now;
    if (!shapes.some(({ key }) => key === this.selected.value)) this.selected.value = undefined;
    clearTimeout(this.#timer);
    this.#asking.abort();
    const same = JSON.stringify(this.#drawn()) === JSON.stringify(this.#pipeline);
    this.verdict.value = { state: same ? "same" : "asking" };
    if (same || shapes.some((shape) => this.faultOf(shape) !== undefined)) return;
    this.#timer = setTimeout(() => void this.#ask(), SETTLE_MS);
  }

  async #ask(): Promise<void> {
    const { signal } = this.#asking = new AbortController();
    try {
      const body = { pipeline: this.#drawn() };
      const { effect } = await call<StreamTrial>("PATCH", `${this.#path}?dryRun=true`, body, { signal });
      if (!signal.aborted) this.verdict.value = { state: "fits", effect };
    } catch (thrown) {
      if (!signal.aborted) this.verdict.value = { state: "refused", problem: problemOf(thrown) };
    }
  }

  #drawn() {
    return withShapes(this.#pipeline, this.shapes.value, this.size);
  }
}
