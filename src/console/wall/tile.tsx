import { memo } from "../ui/memo.ts";
import { useRef } from "preact/hooks";
import type { StreamView } from "../../core/services.ts";
import { LiveCanvas } from "../overlay/live_canvas.tsx";
import { hrefTo } from "../router.ts";
import { LiveFigures } from "../state/live_figures.ts";
import { now } from "../state/now.ts";
import { msText, rateText } from "../ui/format.ts";
import { Sparkline } from "../ui/sparkline.tsx";
import { StateBadge } from "../ui/state_badge.tsx";
import { Trouble } from "./trouble.tsx";

/** Pictures a second on a tile: motion is seen well, and fifty tiles leave room for everything else. */
const TILE_FPS = 10;

/** One stream on the wall. */
export const Tile = memo(function Tile({ view }: { view: StreamView }) {
  const { id, status } = view;
  const figures = useRef<LiveFigures>();
  figures.current ??= new LiveFigures();
  const state = status?.state;
  return (
    <article class={`tile ${state ?? "moved"}`} data-stream={id}>
      <a class="picture" href={hrefTo("streams", id)}>
        <span class="unseen">{`${id}, ${state ?? "being moved"}. `}</span>
        <LiveCanvas
          stream={id}
          fps={TILE_FPS}
          onResult={(result) => figures.current!.push(result)}
        />
        {state !== "running" && (
          <div class="veil">
            <Trouble status={status} kind={view.registration.source.kind} />
          </div>
        )}
      </a>
      <footer>
        <a
          class="name"
          href={hrefTo("streams", id)}
          tabIndex={-1}
          title={view.address}
        >
          {id}
        </a>
        {state === "running" ? <TileFigures figures={figures.current} /> : <StateBadge state={state} />}
      </footer>
    </article>
  );
}, (before, after) => sameTile(before.view, after.view));

/** Redrawn once a second, apart from the tile. */
function TileFigures({ figures }: { figures: LiveFigures }) {
  // Reading the clock ties this to it.
  void now.value;
  const { fps, ageMs, seconds } = figures;
  return (
    <span class="figures">
      <Sparkline
        values={seconds.map((second) => second.ageMs)}
        label="Age of results over the last minute"
      />
      <span title="Results a second">
        {fps === undefined ? "–" : rateText(fps)} <span class="unit">fps</span>
      </span>
      <span title="From a frame's arrival to its result">
        {ageMs === undefined ? "–" : msText(ageMs)} <span class="unit">ms</span>
      </span>
    </span>
  );
}

/** Whether a tile would look the same: figures of its own it has from the results. */
function sameTile(a: StreamView, b: StreamView): boolean {
  const [one, other] = [a.status, b.status];
  return a.id === b.id && a.address === b.address &&
    one?.state === other?.state &&
    one?.cause?.message === other?.cause?.message &&
    one?.nextAttemptMs === other?.nextAttemptMs &&
    one?.sinceMs === other?.sinceMs && one?.restarts === other?.restarts;
}
