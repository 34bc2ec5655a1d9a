import type { Signal } from "@preact/signals";
import { bytesText, countText, msText, timeText } from "../ui/format.ts";
import { Button } from "../ui/button.tsx";
import { jsonText } from "../ui/json_text.ts";
import { type Moment, type StreamRecord, summaryOf } from "./record.ts";

const ROWS = 10;

/** What is looked at: undefined follows the newest. A held list does not move under the reader. */
export type Held = { moments: readonly Moment[]; moment: Moment } | undefined;

/** The latest results, and the JSON of the one that is looked at. */
export function Timeline(
  { record, held }: { record: StreamRecord; held: Signal<Held> },
) {
  const moments = (held.value?.moments ?? record.moments.value).slice(0, ROWS);
  const shown = held.value?.moment ?? moments[0];
  return (
    <div class="timeline">
      <div>
        <div class="row">
          <p class="faint small" role="status">
            {held.value ? "Held" : shown ? "Following; choose one to hold it" : "No results yet"}
          </p>
          {held.value && (
            <Button
              kind="quiet"
              onClick={() => held.value = undefined}
            >
              Follow again
            </Button>
          )}
        </div>
        <ol class="moments">
          {moments.map((moment) => (
            <li key={moment.number}>
              <button
                type="button"
                aria-pressed={held.value?.moment === moment}
                onClick={() => held.value = { moments, moment }}
              >
                <Row moment={moment} />
              </button>
            </li>
          ))}
        </ol>
      </div>
      <pre
        class="json"
        tabIndex={0}
        role="region"
        aria-label="The event as JSON"
      >{shown ? jsonText(shown.event, withoutPictures) : ""}</pre>
    </div>
  );
}

function Row({ moment: { atMs, event } }: { moment: Moment }) {
  if (event.type === "gap") {
    const count = event.count === undefined ? "some" : countText(event.count);
    return (
      <>
        <span class="at">{timeText(atMs)}</span>
        <span class="what missed">{count} events were missed</span>
      </>
    );
  }
  if (event.type === "alert") {
    return (
      <>
        <span class="at">{timeText(atMs)}</span>
        <span class="what alert">{event.message}</span>
      </>
    );
  }
  return (
    <>
      <span class="at">{timeText(atMs)}</span>
      <span class="seq">#{event.seq}</span>
      <span class="what">{summaryOf(event)}</span>
      <span class="age">
        {event.ageMs === undefined ? "" : `${msText(event.ageMs)} ms`}
      </span>
    </>
  );
}

/** A picture as letters is read by nobody. */
export function withoutPictures(key: string, value: unknown): unknown {
  return key === "jpeg" && typeof value === "string" ? `… ${bytesText(value.length * 3 / 4)}` : value;
}
