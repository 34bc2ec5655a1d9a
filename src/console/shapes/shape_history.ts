import type { Shape } from "./shape.ts";

/** More steps back nobody remembers. */
const STEPS_MOST = 100;

/** The shapes as they were, one change after the other: what was done can be undone, and done again. */
export class ShapeHistory {
  #past: (readonly Shape[])[] = [];
  #future: (readonly Shape[])[] = [];
  #merging: string | undefined;

  constructor(private shapes: readonly Shape[]) {}

  /** The shapes as they are now. */
  get now(): readonly Shape[] {
    return this.shapes;
  }

  /** Whether there is something to undo. */
  get mayUndo(): boolean {
    return this.#past.length > 0;
  }

  /** Whether there is something to do again. */
  get mayRedo(): boolean {
    return this.#future.length > 0;
  }

  /** Takes a change in. Changes of one gesture, one after the other under the same word, are undone together. */
  push(shapes: readonly Shape[], gesture?: string): void {
    if (gesture === undefined || gesture !== this.#merging) {
      this.#past.push(this.shapes);
      if (this.#past.length > STEPS_MOST) this.#past.shift();
    }
    this.#merging = gesture;
    this.#future = [];
    this.shapes = shapes;
  }

  /** What comes next is another gesture, whatever its word. */
  settle(): void {
    this.#merging = undefined;
  }

  /** Goes one change back. */
  undo(): void {
    this.#turn(this.#past, this.#future);
  }

  /** Goes one change forward again. */
  redo(): void {
    this.#turn(this.#future, this.#past);
  }

  #turn(from: (readonly Shape[])[], to: (readonly Shape[])[]): void {
    const next = from.pop();
    if (!next) return;
    to.push(this.shapes);
    this.#merging = undefined;
    this.shapes = next;
  }
}
