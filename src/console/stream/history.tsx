import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { StateEvent } from "../../core/stream.ts";
import { call } from "../api/client.ts";
import { type ProblemError, problemOf } from "../api/problem_error.ts";
import { momentText } from "../ui/format.ts";
import { ErrorNote, Loading } from "../ui/note.tsx";
import { StateBadge } from "../ui/state_badge.tsx";

/** What the supervision did, newest first. `mark` changes whenever there is something new. */
export function History({ id, mark }: { id: string; mark: string }) {
  const events = useSignal<StateEvent[] | undefined>(undefined);
  const problem = useSignal<ProblemError | undefined>(undefined);
  useEffect(() => {
    const gone = new AbortController();
    call<{ events: StateEvent[] }>(
      "GET",
      `/api/v1/streams/${encodeURIComponent(id)}/history`,
      undefined,
      gone,
    )
      .then((answer) => {
        events.value = answer.events.toReversed();
        problem.value = undefined;
      }, (thrown) => {
        if (!gone.signal.aborted) problem.value = problemOf(thrown);
      });
    return () => gone.abort();
  }, [id, mark]);
  if (!events.value) {
    return problem.value ? <ErrorNote error={problem.value} /> : <Loading />;
  }
  if (events.value.length === 0) {
    return <p class="faint">Nothing has happened yet.</p>;
  }
  return (
    <div
      class="history"
      tabIndex={0}
      role="region"
      aria-label="Changes of state"
    >
      <table>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">State</th>
            <th scope="col">Why</th>
          </tr>
        </thead>
        <tbody>
          {events.value.map(({ at, state, cause, restarts }) => (
            <tr key={`${at} ${state} ${restarts}`}>
              <td class="at">
                <time dateTime={at}>
                  {momentText(Date.parse(at), Date.now())}
                </time>
              </td>
              <td>
                <StateBadge state={state} />
              </td>
              <td class="reason">{cause?.message ?? ""}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
