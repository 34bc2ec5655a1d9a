import assert from "node:assert/strict";
import { SimilarityCache, type SimilarityRules } from "./similarity_cache.ts";

const RULES: SimilarityRules = { similarity: 0.95, entries: 100, sample: 0 };

function cache(rules: Partial<SimilarityRules> = {}) {
  const of = new SimilarityCache<string>({ ...RULES, ...rules });
  return {
    of,
    /** Looks a vector up, and learns `answer` where nothing is known. */
    ask(vector: ArrayLike<number>, answer: string, { session = "a", atS = 0 } = {}): string {
      const { known, learn } = of.look(session, vector, atS);
      if (known === undefined) learn(answer);
      return known ?? answer;
    },
  };
}

/** A vector at a given cosine to `[1, 0]`. */
const at = (cosine: number) => [cosine, Math.sqrt(1 - cosine * cosine)];

Deno.test("a vector at exactly the limit shares the answer, one below does not", () => {
  for (const similarity of [0.5, 0.9, 0.95, 0.99, 1]) {
    const { ask } = cache({ similarity });
    ask([1, 0], "first");
    assert.equal(ask(at(similarity), "second"), "first", `${similarity}`);
    assert.equal(ask(at(similarity - 1e-4), "third"), "third", `${similarity}`);
  }
});

Deno.test("the limit holds whatever the length of the vectors and of their numbers", () => {
  const { ask } = cache();
  const long = (cosine: number, length: number) => {
    const vector = new Float32Array(512);
    vector.set(at(cosine).map((value) => value * length), 100);
    return vector;
  };
  ask(long(1, 1e-3), "first");
  assert.equal(ask(long(0.95, 1e4), "second"), "first");
  assert.equal(ask(long(0.9499, 1), "third"), "third");
});

Deno.test("zeros, NaN and infinity are like nothing, not even like themselves, and are not remembered", () => {
  const { ask, of } = cache();
  for (const vector of [[0, 0], [NaN, 1], [Infinity, 1], [1e-300, 0], []]) {
    assert.equal(ask(vector, "one"), "one");
    assert.equal(ask(vector, "two"), "two");
  }
  assert.deepEqual([of.figures.unusable, of.figures.entries, of.figures.hits], [10, 0, 0]);
});

Deno.test("the nearest answer is the one that stands", () => {
  const { ask } = cache({ similarity: 0.5 });
  ask(at(1), "far");
  ask(at(0.6 - 0.2), "other");
  assert.equal(ask(at(0.45), "new"), "other");
});

Deno.test("sessions see nothing of each other, and vectors of another length have nothing in common", () => {
  const { ask } = cache();
  ask([1, 0], "a");
  assert.equal(ask([1, 0], "b", { session: "b" }), "b");
  assert.equal(ask([1, 0, 0], "longer"), "longer");
  assert.equal(ask([1, 0], "again"), "a");
});

Deno.test("what was not asked for longest is forgotten first, of one session and of all", () => {
  const { ask, of } = cache({ entries: 3 });
  for (const session of ["a", "b", "c"]) ask([1, 0], session, { session });
  ask([1, 0], "a again", { session: "a" });
  ask([1, 0], "d", { session: "d" });
  assert.equal(of.figures.evicted, 1);
  assert.equal(ask([1, 0], "a anew", { session: "a" }), "a");
  assert.equal(ask([1, 0], "b anew", { session: "b" }), "b anew");
  const many = cache({ entries: 10_000, similarity: 1 });
  for (let n = 0; n < 1000; n++) many.ask([n, 1], String(n));
  assert.equal(many.of.figures.entries, 16);
});

Deno.test("an answer that is too old is none, also where time began anew", () => {
  const { ask, of } = cache({ keepS: 10 });
  ask([1, 0], "first", { atS: 100 });
  assert.equal(ask([1, 0], "second", { atS: 110 }), "first");
  assert.equal(ask([1, 0], "third", { atS: 111 }), "third");
  assert.equal(ask([1, 0], "fourth", { atS: 1 }), "fourth");
  assert.equal(of.figures.entries, 1);
});

Deno.test("a share of the hits is checked, evenly, and what came of it is counted", () => {
  const { of } = cache({ sample: 0.25 });
  of.look("a", [1, 0]).learn("yes");
  const checked: number[] = [];
  for (let n = 0; n < 12; n++) {
    const { known, check, learn } = of.look("a", [1, 0]);
    assert.ok(known !== undefined);
    if (!check) continue;
    checked.push(n);
    learn(n < 8 ? "yes" : "no", n < 8);
  }
  assert.deepEqual(checked, [3, 7, 11]);
  const { hits, misses, checked: count, agreed } = of.figures;
  assert.deepEqual({ hits, misses, count, agreed }, { hits: 12, misses: 1, count: 3, agreed: 2 });
  assert.equal(of.look("a", [1, 0]).known, "no");
});

Deno.test("what is saved is told by what runs take, and a hit that is checked saves nothing", () => {
  const { of } = cache({ sample: 0.5 });
  of.look("a", [1, 0]).learn("x");
  of.ran(10);
  of.ran(20);
  of.look("a", [1, 0]);
  assert.equal(of.look("a", [1, 0]).check, true);
  assert.equal(of.figures.savedMs, 15);
});

Deno.test("cleared, it knows nothing and has counted all", () => {
  const { ask, of } = cache();
  ask([1, 0], "x");
  of.clear();
  assert.equal(ask([1, 0], "y"), "y");
  assert.deepEqual([of.figures.misses, of.figures.entries], [2, 1]);
});
