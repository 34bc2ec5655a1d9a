import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { hrefTo } from "../router.ts";
import { refusedTo } from "../state/identity.ts";
import { refreshStreams, streams, streamsProblem } from "../state/streams.ts";
import { remember, remembered } from "../state/theme.ts";
import { Button, ButtonLink } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { Empty, ErrorNote, Loading } from "../ui/note.tsx";
import { arranged, inTrouble, labelKeys } from "../wall/arrange.ts";
import { Tile } from "../wall/tile.tsx";

const DENSITIES = [
  { name: "large", text: "Large tiles" },
  { name: "medium", text: "Medium tiles" },
  { name: "small", text: "Small tiles" },
] as const;
type Density = (typeof DENSITIES)[number]["name"];
const DENSITY_KEY = "weir.density";

/** Every stream at a glance, those in trouble first. */
export function WallPage() {
  return (
    <>
      <h1 class="unseen" tabIndex={-1}>Wall</h1>
      <Wall />
    </>
  );
}

function Wall() {
  const wall = useRef<HTMLDivElement>(null);
  const search = useSignal("");
  const groupBy = useSignal<string | undefined>(undefined);
  const density = useSignal<Density>(
    DENSITIES.find(({ name }) => name === remembered(DENSITY_KEY))?.name ??
      "medium",
  );
  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLElement &&
        event.target.matches("input, select, textarea");
      if (event.key === "f" && !typing && !event.ctrlKey && !event.metaKey) {
        fill(wall.current!);
      }
    };
    document.addEventListener("keydown", keys);
    return () => document.removeEventListener("keydown", keys);
  }, []);

  const all = streams.value;
  if (!all) {
    return streamsProblem.value
      ? <ErrorNote error={streamsProblem.value} retry={refreshStreams} />
      : <Loading what="Asking for the streams" />;
  }
  if (all.length === 0) {
    const why = refusedTo("operator");
    return (
      <Empty
        title="No streams yet"
        actions={why === undefined && (
          <ButtonLink kind="primary" href={hrefTo("add")}>
            Add a stream
          </ButtonLink>
        )}
      >
        {why === undefined
          ? "Add a camera by its address, a video file, this device's camera or a synthetic scene, and it appears here with what the models see in it."
          : "As soon as somebody adds a camera it appears here, with what the models see in it."}
      </Empty>
    );
  }
  const groups = arranged(all, {
    search: search.value,
    groupBy: groupBy.value,
  });
  const troubled = all.filter(inTrouble).length;
  const keys = labelKeys(all);
  return (
    <div class="wall-page" ref={wall}>
      <div class="wall-bar" role="toolbar" aria-label="Wall">
        <input
          type="search"
          class="search"
          data-search
          placeholder="Search name, state, label  ( / )"
          aria-label="Search streams"
          value={search.value}
          onInput={(event) => search.value = event.currentTarget.value}
        />
        {keys.length > 0 && (
          <select
            aria-label="Group by label"
            value={groupBy.value ?? ""}
            onChange={(event) => groupBy.value = event.currentTarget.value || undefined}
          >
            <option value="">No groups</option>
            {keys.map((key) => <option key={key} value={key}>By {key}</option>)}
          </select>
        )}
        <p class="tally" role="status">
          {all.length} {all.length === 1 ? "stream" : "streams"}
          {troubled > 0 && <strong class="trouble">{`, ${troubled} in trouble`}</strong>}
        </p>
        <div class="segments" role="group" aria-label="Size of tiles">
          {DENSITIES.map(({ name, text }) => (
            <Button
              key={name}
              kind="quiet"
              aria-label={text}
              title={text}
              aria-pressed={density.value === name}
              onClick={() => {
                density.value = name;
                remember(DENSITY_KEY, name);
              }}
            >
              <Icon name={name} />
            </Button>
          ))}
        </div>
        <Button
          kind="quiet"
          aria-label="Full screen"
          title="Full screen (f)"
          onClick={() => fill(wall.current!)}
        >
          <Icon name="full" />
        </Button>
      </div>
      {groups.length === 0 && (
        <Empty
          title="Nothing found"
          actions={<Button onClick={() => search.value = ""}>Show all</Button>}
        >
          {`No stream has “${search.value}” in its name, address, state, labels or steps.`}
        </Empty>
      )}
      {groups.map(({ name, streams }) => (
        <section key={name ?? ""} aria-label={name ?? "Streams"}>
          {name !== undefined && (
            <h2 class="group">
              {name} <span class="faint small">{streams.length}</span>
            </h2>
          )}
          <div class={`tiles ${density.value}`}>
            {streams.map((view) => <Tile key={view.id} view={view} />)}
          </div>
        </section>
      ))}
    </div>
  );
}

/** Fills the screen with an element, or gives it back. Some phones cannot. */
function fill(element: HTMLElement): void {
  if (document.fullscreenElement) document.exitFullscreen();
  else element.requestFullscreen?.().catch(() => {});
}
