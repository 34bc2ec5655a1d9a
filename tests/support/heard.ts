import type { Weir } from "../../src/app.ts";
import type { ResultEnvelope } from "../../src/core/results.ts";
import type { StateEvent } from "../../src/core/stream.ts";

/** All that a Weir's streams have said from now on; both go on growing. */
export function heard(weir: Weir): { results: ResultEnvelope[]; states: StateEvent[] } {
  const results: ResultEnvelope[] = [];
  const states: StateEvent[] = [];
  weir.results$.subscribe((result) => results.push(result));
  weir.states$.subscribe((event) => states.push(event));
  return { results, states };
}
