import assert from "node:assert/strict";
import { Subject } from "rxjs";
import type { FlowMode } from "../src/core/stream.ts";
import { Credits } from "./credits.ts";
import { latestMap } from "./latest_map.ts";

/** A resource whose permits and runs are released by hand. */
function bench(
  mode: FlowMode,
  options: { capacity?: number; concurrency?: number; fresh?: (item: number) => boolean } = {},
) {
  const source$ = new Subject<number>();
  const permits: { grant(): void; refuse(error: Error): void }[] = [];
  const runs = new Map<number, { finish(): void; fail(error: Error): void }>();
  const results: string[] = [];
  const drops: string[] = [];
  let passed = 0;
  let completed = false;
  const credits = new Credits(2);
  const subscription = source$.pipe(latestMap<number, string, string>({
    mode,
    capacity: options.capacity ?? 1,
    concurrency: options.concurrency ?? 1,
    credits,
    permit: (_item, signal) =>
      new Promise((resolve, reject) => {
        permits.push({ grant: () => resolve("permit"), refuse: reject });
        signal.addEventListener("abort", () => reject(signal.reason));
      }),
    pass: () => void passed++,
    fresh: options.fresh,
    project: (item) =>
      new Promise((resolve, reject) => runs.set(item, { finish: () => resolve(`done ${item}`), fail: reject })),
    drop: (item, cause) => drops.push(`${item} ${cause}`),
  })).subscribe({ next: (result) => results.push(result), complete: () => completed = true });
  const settle = () => new Promise((resolve) => setTimeout(resolve));
  return {
    source$,
    permits,
    runs,
    results,
    drops,
    credits,
    subscription,
    settle,
    get passed() {
      return passed;
    },
    get completed() {
      return completed;
    },
  };
}

Deno.test("with latest, the item that runs is the newest at the moment the permit comes", async () => {
  const b = bench("latest");
  for (const item of [1, 2, 3]) b.source$.next(item);
  assert.equal(b.permits.length, 1);
  b.permits[0].grant();
  await b.settle();
  assert.deepEqual([...b.runs.keys()], [3]);
  assert.deepEqual(b.drops, ["1 stale", "2 stale"]);
  b.runs.get(3)!.finish();
  await b.settle();
  assert.deepEqual(b.results, ["done 3"]);
  b.subscription.unsubscribe();
});

Deno.test("drop-oldest and drop-newest lose the item they are named after, as overflow", async () => {
  const oldest = bench("drop-oldest", { capacity: 2 });
  for (const item of [1, 2, 3]) oldest.source$.next(item);
  assert.deepEqual(oldest.drops, ["1 overflow"]);
  const newest = bench("drop-newest", { capacity: 2 });
  for (const item of [1, 2, 3]) newest.source$.next(item);
  assert.deepEqual(newest.drops, ["3 overflow"]);
  oldest.permits[0].grant();
  newest.permits[0].grant();
  await oldest.settle();
  assert.deepEqual([...oldest.runs.keys()], [2]);
  assert.deepEqual([...newest.runs.keys()], [1]);
  oldest.subscription.unsubscribe();
  newest.subscription.unsubscribe();
  await oldest.settle();
});

Deno.test("with block, the producer has no room while two items wait and gets it back when one is taken", async () => {
  const b = bench("block");
  b.source$.next(1);
  assert.equal(b.credits.room(), undefined);
  b.source$.next(2);
  let roomy = false;
  b.credits.room()!.then(() => roomy = true);
  await b.settle();
  assert.equal(roomy, false);
  b.permits[0].grant();
  await b.settle();
  assert.equal(roomy, true);
  assert.deepEqual(b.drops, []);
  b.subscription.unsubscribe();
  await b.settle();
});

Deno.test("results keep the items' order however the runs finish", async () => {
  const b = bench("block", { concurrency: 3 });
  for (const item of [1, 2, 3]) b.source$.next(item);
  for (const permit of b.permits) permit.grant();
  await b.settle();
  b.runs.get(3)!.finish();
  b.runs.get(2)!.fail(new Error("no"));
  await b.settle();
  assert.deepEqual(b.results, []);
  b.runs.get(1)!.finish();
  await b.settle();
  assert.deepEqual(b.results, ["done 1", "done 3"]);
  assert.deepEqual(b.drops, ["2 failed"]);
  b.subscription.unsubscribe();
});

Deno.test("an item that is no longer fresh when its permit comes is dropped and the permit passed on", async () => {
  const b = bench("latest", { fresh: (item) => item !== 1 });
  b.source$.next(1);
  b.permits[0].grant();
  await b.settle();
  assert.deepEqual(b.drops, ["1 stale"]);
  assert.equal(b.passed, 1);
  b.source$.next(2);
  b.permits[1].grant();
  await b.settle();
  assert.deepEqual([...b.runs.keys()], [2]);
  b.subscription.unsubscribe();
  await b.settle();
});

Deno.test("a refused permit fails the item that waited and asks for the next", async () => {
  const b = bench("drop-oldest", { capacity: 4 });
  b.source$.next(1);
  b.source$.next(2);
  b.permits[0].refuse(new Error("the model is gone"));
  await b.settle();
  assert.deepEqual(b.drops, ["1 failed"]);
  assert.equal(b.permits.length, 2);
  b.subscription.unsubscribe();
  await b.settle();
  assert.deepEqual(b.drops, ["1 failed", "2 stopped"]);
});

Deno.test("the end of the source lets what is under way finish, then completes", async () => {
  const b = bench("block", { concurrency: 2 });
  b.source$.next(1);
  b.source$.next(2);
  b.source$.complete();
  for (const permit of b.permits) permit.grant();
  await b.settle();
  b.runs.get(1)!.finish();
  await b.settle();
  assert.equal(b.completed, false);
  b.runs.get(2)!.finish();
  await b.settle();
  assert.equal(b.completed, true);
  assert.deepEqual(b.results, ["done 1", "done 2"]);
});

Deno.test("unsubscribing closes every item exactly once, waiting, running or finished but held for its forerunner", async () => {
  const b = bench("block", { concurrency: 2 });
  for (const item of [1, 2, 3]) b.source$.next(item);
  for (const permit of b.permits) permit.grant();
  await b.settle();
  b.runs.get(2)!.finish();
  await b.settle();
  b.subscription.unsubscribe();
  b.runs.get(1)!.finish();
  await b.settle();
  assert.deepEqual(b.drops.toSorted(), ["1 stopped", "2 stopped", "3 stopped"]);
  assert.deepEqual(b.results, []);
});
