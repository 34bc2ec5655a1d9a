import assert from "node:assert/strict";
import { CaptureStore } from "../capture/capture_store.ts";
import type { CaptureQuery } from "../core/captures.ts";
import { capturedFrame } from "../../tests/support/captures.ts";
import { inDirectory } from "../../tests/support/in_directory.ts";
import { capturePage } from "./capture_page.ts";

const NOON = Date.parse("2026-01-31T12:00:00Z");

/** Every hundredth of `gate` was kept for an alert, too; `yard` has the odd milliseconds. */
async function kept(directory: string, count: number) {
  const open = (name: string) =>
    CaptureStore.open({
      directory: `${directory}/${name}`,
      keep: { bytes: 1e12, files: 1e6 },
      exclusive: true,
      now: () => NOON + 1e6,
      capacity: 1e6,
      capacityBytes: 1e12,
    });
  const stack = new AsyncDisposableStack();
  const all = await Promise.all(["gate", "yard"].map(async (stream) => ({ stream, store: await open(stream) })));
  for (const { store } of all) stack.use(store);
  for (let n = 0; n < count; n++) {
    const reasons = n % 100 === 0 ? ["nth", "alert"] as const : ["nth"] as const;
    all[0].store.keepFrame(capturedFrame({ atMs: NOON + 2 * n, reasons: [...reasons], sizeBytes: 10 }));
    if (n < 5) all[1].store.keepFrame(capturedFrame({ atMs: NOON + 2 * n + 1, stream: "yard", sizeBytes: 10 }));
  }
  await Promise.all(all.map(({ store }) => store.drained()));
  return { all, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

Deno.test("pages of all streams together go back in time, and those for a reason end only where there is nothing left", async () => {
  await inDirectory(async (directory) => {
    await using stores = await kept(directory, 1150);
    const pages = async (query: Omit<CaptureQuery, "after">) => {
      const pages: { stream: string; atMs: number }[][] = [];
      for (let after: string | undefined = "";;) {
        const page = await capturePage(stores.all, { ...query, ...(after && { after }) });
        pages.push(page.captures.map(({ stream, at }) => ({ stream, atMs: Date.parse(at) - NOON })));
        after = page.next;
        if (after === undefined) return pages;
      }
    };
    const all = (await pages({ limit: 250 })).flat();
    assert.equal(all.length, 1155);
    assert.deepEqual(all.map(({ atMs }) => atMs), all.map(({ atMs }) => atMs).sort((a, b) => b - a));
    assert.deepEqual((await pages({ limit: 3, stream: "yard" })).map(({ length }) => length), [3, 2]);

    const alerts = await pages({ limit: 10, reason: "alert" });
    const expected = Array.from({ length: 12 }, (_, n) => ({ stream: "gate", atMs: 200 * (11 - n) }));
    assert.deepEqual(alerts.flat(), expected, "none twice, none left out");
    assert.ok(alerts[0].length === 10);
    // A thousand were looked at for nothing: the page says that there may be more.
    const [first, ...more] = await pages({ limit: 10, reason: "low" });
    assert.deepEqual([first.length, more.length, more.flat().length], [0, 1, 0]);
  });
});
