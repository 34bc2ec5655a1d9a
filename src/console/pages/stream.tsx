import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { StreamView } from "../../core/services.ts";
import { live } from "../api/live.ts";
import { hrefTo } from "../router.ts";
import { LiveFigures } from "../state/live_figures.ts";
import { now } from "../state/now.ts";
import { refreshStreams, streams, streamsProblem } from "../state/streams.ts";
import { StreamActions } from "../stream/actions.tsx";
import { Alerts } from "../stream/alerts.tsx";
import { Accounts, Facts } from "../stream/facts.tsx";
import { History } from "../stream/history.tsx";
import { Player } from "../stream/player.tsx";
import { StreamRecord } from "../stream/record.ts";
import { AGE_PARTS, DROP_PARTS } from "../stream/series.ts";
import { StackedChart } from "../stream/stacked_chart.tsx";
import { type Held, Timeline } from "../stream/timeline.tsx";
import { ButtonLink } from "../ui/button.tsx";
import { msText, rateText } from "../ui/format.ts";
import { Empty, ErrorNote, Loading } from "../ui/note.tsx";
import { PageHead, Panel } from "../ui/panel.tsx";
import { Stat, Stats } from "../ui/stat.tsx";
import { StateBadge } from "../ui/state_badge.tsx";

/** One stream: what it sees, how it fares, and why. */
export function StreamPage({ rest: [id = ""] }: { rest: readonly string[] }) {
  const all = streams.value;
  const view = all?.find((stream) => stream.id === id);
  if (view) return <OneStream key={id} view={view} />;
  if (all) {
    return (
      <Empty
        page
        title={`There is no stream called ${id}`}
        actions={<ButtonLink href={hrefTo()}>To the wall</ButtonLink>}
      >
        It may have been deleted, or the address mistyped.
      </Empty>
    );
  }
  return streamsProblem.value ? <ErrorNote error={streamsProblem.value} retry={refreshStreams} /> : <Loading />;
}

function OneStream({ view }: { view: StreamView }) {
  const { id, status } = view;
  const record = useMemo(() => new StreamRecord(), []);
  const figures = useMemo(() => new LiveFigures(), []);
  const held = useSignal<Held>(undefined);
  useEffect(() => () => record[Symbol.dispose](), []);
  useEffect(() => {
    let begun = false;
    return live.events({ streams: [id], types: ["alert"] }, (event) => {
      // What the server has forgotten was before anybody looked.
      const old = event.type === "gap" && !begun;
      begun = true;
      if (event.type === "alert" || (event.type === "gap" && !old)) record.push(event);
    }, { from: 0 });
  }, [id]);
  useEffect(() => {
    if (status) record.drops.push(status.frames, Date.now());
  }, [status]);
  return (
    <div class="stack">
      <PageHead
        title={
          <>
            {id} <StateBadge state={status?.state} />
          </>
        }
        lead={view.address}
        actions={<StreamActions view={view} />}
      />
      <div class="stream-main">
        <Player
          view={view}
          onResult={(result) => {
            figures.push(result);
            record.push(result);
          }}
        />
        <div class="stack">
          <Figures view={view} figures={figures} />
          <Panel title="This stream">
            <Facts view={view} />
          </Panel>
        </div>
      </div>
      {record.alerts.value.length > 0 && (
        <Panel title="Alerts">
          <Alerts record={record} />
        </Panel>
      )}
      <Panel title="Results">
        <Timeline record={record} held={held} />
      </Panel>
      <div class="stream-panels">
        <Panel title="Where the age comes from">
          <StackedChart
            parts={AGE_PARTS}
            read={() => record.ages.read(now.value)}
            unit="ms"
            text={msText}
            label="Parts of the age of results over the last two minutes"
          />
        </Panel>
        <Panel title="Frames that fell">
          <StackedChart
            parts={DROP_PARTS}
            read={() => record.drops.read()}
            unit="/s"
            text={rateText}
            label="Frames dropped a second by cause"
          />
        </Panel>
        <Panel title="Where every frame went">
          <Accounts view={view} />
        </Panel>
        <Panel title="What the supervision did">
          <History
            id={id}
            mark={`${status?.state} ${status?.sinceMs} ${status?.restarts}`}
          />
        </Panel>
      </div>
    </div>
  );
}

function Figures(
  { view: { status }, figures }: { view: StreamView; figures: LiveFigures },
) {
  void now.value;
  const { fps, ageMs } = figures;
  const dash = "–";
  return (
    <Panel title="Now">
      <Stats>
        <Stat
          label="Results"
          value={fps === undefined ? dash : rateText(fps)}
          unit="fps"
          hint="Results a second"
        />
        <Stat
          label="Source"
          value={status ? rateText(status.fpsIn) : dash}
          unit="fps"
          hint="Frames from the source"
        />
        <Stat
          label="Age"
          value={ageMs === undefined ? dash : msText(ageMs)}
          unit="ms"
          hint="From a frame's arrival to its result, mean of the last second"
        />
        <Stat
          label="Age, 95 of 100"
          value={status && status.age.count > 0 ? msText(status.age.p95) : dash}
          unit="ms"
          hint="Ninety-five of a hundred results are younger"
        />
      </Stats>
    </Panel>
  );
}
