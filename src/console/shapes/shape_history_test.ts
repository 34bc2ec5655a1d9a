import assert from "node:assert/strict";
import type { Shape } from "./shape.ts";
import { ShapeHistory } from "./shape_history.ts";

const at = (x: number): readonly Shape[] => [{ key: 1, kind: "line", name: "l", points: [[x, 0], [x, 1]] }];

Deno.test("changes are undone and done again, those of one gesture together", () => {
  const history = new ShapeHistory(at(0));
  history.push(at(0.1), "drag 1");
  history.push(at(0.2), "drag 1");
  history.settle();
  history.push(at(0.3), "drag 1");
  assert.deepEqual(history.now, at(0.3));
  history.undo();
  assert.deepEqual(history.now, at(0.2));
  history.undo();
  assert.deepEqual([history.now, history.mayUndo], [at(0), false]);
  history.undo();
  history.redo();
  history.redo();
  assert.deepEqual([history.now, history.mayRedo], [at(0.3), false]);
  history.undo();
  history.push(at(0.9));
  assert.equal(history.mayRedo, false, "what was undone is over once something else is done");
});
