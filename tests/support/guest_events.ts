import assert from "node:assert/strict";

/** One event as a client saw it, and where it was. */
export interface SeenEvent {
  position: number;
  type: string;
  data: { first?: number; last?: number; seq?: number; epoch?: number };
}

/**
 * Fails unless positions rise, none comes twice, and none is missing but what a gap tells. It holds for a client that
 * asked for everything there is.
 */
export function assertNothingAmiss(seen: readonly SeenEvent[]): void {
  let last = seen[0].position - 1;
  for (const { position, type, data } of seen) {
    const told = `${type} at ${position} after ${last}`;
    if (type === "gap") {
      assert.deepEqual([data.first, data.last], [last + 1, position], told);
    } else assert.equal(position, last + 1, told);
    last = position;
  }
  const results = seen.filter(({ type }) => type === "result");
  for (const [index, { data }] of results.entries()) {
    if (index > 0) assert.ok(data.seq! > results[index - 1].data.seq!, `frame ${data.seq} came twice or too late`);
  }
}
