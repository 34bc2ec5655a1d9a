import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { CaptureReason, CaptureView } from "../../core/captures.ts";
import type { StreamView } from "../../core/services.ts";
import { byDay, type CaptureDay, dayText } from "../captures/capture_days.ts";
import { CaptureDialog } from "../captures/capture_dialog.tsx";
import { ALL_CAPTURES, type CaptureFilter, CaptureList } from "../captures/capture_list.ts";
import { CaptureThumb } from "../captures/capture_thumb.tsx";
import { REASON_WORDS } from "../captures/capture_words.ts";
import { ExportDialog } from "../captures/export_dialog.tsx";
import { Keeping } from "../captures/keeping.tsx";
import { NoCaptures } from "../captures/no_captures.tsx";
import { poll } from "../state/poll.ts";
import { streams } from "../state/streams.ts";
import { Button } from "../ui/button.tsx";
import { bytesText, countText } from "../ui/format.ts";
import { Empty, ErrorNote, Loading } from "../ui/note.tsx";
import { PageHead } from "../ui/panel.tsx";

const LOOK_EVERY_MS = 5000;
const KINDS = [["", "Pictures and videos"], ["frame", "Pictures"], ["clip", "Videos"]] as const;

/** What the streams' rules kept: pictures and videos, by day and stream, with what was found in them. */
export function CapturesPage() {
  const list = useMemo(() => new CaptureList(), []);
  const filter = useSignal(ALL_CAPTURES);
  const opened = useSignal<CaptureView | undefined>(undefined);
  const exporting = useSignal(false);
  useEffect(() => {
    void list.show(filter.peek());
    const looking = poll((signal) => list.look(signal), LOOK_EVERY_MS);
    return () => {
      looking[Symbol.dispose]();
      list[Symbol.dispose]();
    };
  }, []);
  const change = (change: Partial<CaptureFilter>) => {
    filter.value = { ...filter.peek(), ...change };
    void list.show(filter.peek());
  };
  const captures = list.captures.value;
  const all = streams.value ?? [];
  const filtered = Object.values(filter.value).some((value) => value !== "");
  const nothing = captures?.length === 0 && !filtered && !list.more.value;
  const days = byDay(captures ?? []);
  // One moves through them as they stand on the page.
  const order = days.flatMap(({ streams }) => streams.flatMap(({ captures }) => captures));
  const at = order.findIndex(({ id }) => id === opened.value?.id);
  useEffect(() => {
    // Who goes through them one by one comes to no end before the last.
    if (opened.peek() && at === order.length - 1 && list.more.peek()) void list.goOn();
  }, [at, order.length]);
  return (
    <>
      <PageHead
        title="Captures"
        lead="Pictures and videos that the streams' rules kept, with what was found in them."
        actions={!nothing && <Button onClick={() => exporting.value = true}>Make a dataset</Button>}
      />
      <div class="stack">
        {!nothing && (
          <details class="panel kept">
            <summary>{streams.value ? `What is kept: ${keptText(all)}` : "What is kept"}</summary>
            <Keeping streams={all} />
          </details>
        )}
        {!nothing && (
          <div class="wall-bar">
            <Filters
              filter={filter.value}
              onChange={change}
              streams={[...new Set([...all.map(({ id }) => id), ...list.streams.value])]}
            />
            <Button
              class="newer"
              kind={list.newer.value ? "primary" : "quiet"}
              disabled={!list.newer.value}
              onClick={() => void list.show(filter.peek())}
            >
              {list.newer.value ? "Show newer" : "Up to date"}
            </Button>
          </div>
        )}
        {nothing && streams.value && list.error.value === undefined && <NoCaptures streams={all} />}
        {days.length > 0 && <Days days={days} onOpen={(capture) => opened.value = capture} />}
        {captures?.length === 0 && filtered && !list.busy.value && !list.more.value && (
          <Empty
            title="Nothing fits"
            actions={<Button onClick={() => change(ALL_CAPTURES)}>Show all</Button>}
          >
            No capture fits what is chosen above.
          </Empty>
        )}
        {list.error.value !== undefined && (
          <ErrorNote
            error={list.error.value}
            retry={() => void (captures ? list.goOn() : list.show(filter.peek()))}
          />
        )}
        {(captures === undefined || captures.length === 0) && list.busy.value && <Loading what="Looking" />}
        {captures && list.more.value && (
          <p class="row">
            <Button busy={list.busy.value} onClick={() => void list.goOn()}>Further back</Button>
            <span class="faint small" role="status">{`${countText(captures.length)} shown`}</span>
          </p>
        )}
      </div>
      {exporting.value && <ExportDialog stream={filter.value.stream} onClose={() => exporting.value = false} />}
      {opened.value && (
        <CaptureDialog
          capture={opened.value}
          streams={all.map(({ id }) => id)}
          previous={order[at - 1]}
          next={order[at + 1]}
          onMove={(to) => opened.value = to}
          onClose={() => opened.value = undefined}
          onGone={() => {
            const { id } = opened.peek()!;
            opened.value = order[at + 1] ?? order[at - 1];
            list.drop(id);
          }}
        />
      )}
    </>
  );
}

/** Who keeps how much, in few words. */
function keptText(streams: readonly StreamView[]): string {
  const keeping = streams.filter(({ registration }) => registration.capture?.enabled).length;
  const bytes = streams.reduce((sum, { kept }) => sum + (kept?.bytes ?? 0), 0);
  return `${keeping} of ${streams.length} ${streams.length === 1 ? "stream" : "streams"}, ${bytesText(bytes)}`;
}

function Filters({ filter, streams, onChange }: {
  filter: CaptureFilter;
  streams: readonly string[];
  onChange(change: Partial<CaptureFilter>): void;
}) {
  return (
    <>
      <select
        aria-label="Stream"
        value={filter.stream}
        onChange={(event) => onChange({ stream: event.currentTarget.value })}
      >
        <option value="">All streams</option>
        {streams.map((name) => <option key={name} value={name}>{nameOf(name)}</option>)}
      </select>
      <select
        aria-label="Kind"
        value={filter.kind}
        onChange={(event) => onChange({ kind: event.currentTarget.value as CaptureFilter["kind"] })}
      >
        {KINDS.map(([kind, text]) => <option key={kind} value={kind}>{text}</option>)}
      </select>
      <select
        aria-label="Reason"
        value={filter.reason}
        onChange={(event) => onChange({ reason: event.currentTarget.value as "" | CaptureReason })}
      >
        <option value="">Any reason</option>
        {Object.entries(REASON_WORDS).map(([reason, { long }]) => <option key={reason} value={reason}>{long}</option>)}
      </select>
      <input
        type="date"
        aria-label="Day"
        value={filter.day}
        onChange={(event) => onChange({ day: event.currentTarget.value })}
      />
      {filter.day !== "" && <Button kind="quiet" onClick={() => onChange({ day: "" })}>Any day</Button>}
    </>
  );
}

/** Single images are kept under a name that no stream can have. */
function nameOf(stream: string): string {
  return stream === "~predict" ? "Images of Predict" : stream;
}

function Days({ days, onOpen }: { days: readonly CaptureDay[]; onOpen(capture: CaptureView): void }) {
  const now = new Date();
  return (
    <>
      {days.map(({ day, streams }) => (
        <section key={day} class="stack" aria-label={dayText(day, now)}>
          <h2>{dayText(day, now)}</h2>
          {streams.map(({ stream, captures }) => (
            <div key={stream}>
              <h3 class="group">
                {nameOf(stream)} <span class="faint small">{countText(captures.length)}</span>
              </h3>
              <div class="thumbs">
                {captures.map((capture) => (
                  <CaptureThumb
                    key={capture.id}
                    capture={capture}
                    onOpen={() => onOpen(capture)}
                  />
                ))}
              </div>
            </div>
          ))}
        </section>
      ))}
    </>
  );
}
