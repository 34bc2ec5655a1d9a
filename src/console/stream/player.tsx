import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { ResultEnvelope } from "../../core/results.ts";
import type { StreamView } from "../../core/services.ts";
import { ALL_LAYERS, type Layers } from "../overlay/draw_overlay.ts";
import { LiveCanvas } from "../overlay/live_canvas.tsx";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { Trouble } from "../wall/trouble.tsx";

const NAMES: Record<keyof Layers, string> = {
  boxes: "Boxes",
  labels: "Labels",
  trails: "Trails",
  text: "Text",
};
const PLAYER_FPS = 25;

/** The large view of a stream, and what is drawn over it. */
export function Player(
  { view, onResult }: {
    view: StreamView;
    onResult(result: ResultEnvelope): void;
  },
) {
  const screen = useRef<HTMLDivElement>(null);
  const layers = useSignal<Layers>(ALL_LAYERS);
  const fill = () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else screen.current?.requestFullscreen?.().catch(() => {});
  };
  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLElement &&
        event.target.matches("input, select, textarea");
      if (event.key === "f" && !typing && !event.ctrlKey && !event.metaKey) {
        fill();
      }
    };
    document.addEventListener("keydown", keys);
    return () => document.removeEventListener("keydown", keys);
  }, []);
  const state = view.status?.state;
  const { width = 16, height = 9 } = view.status?.properties ?? {};
  return (
    <section class="player" aria-label="Live picture">
      <div
        class="picture"
        ref={screen}
        style={{ aspectRatio: `${width} / ${height}` }}
      >
        {(state === "running" || state === "stalled") && (
          <LiveCanvas
            stream={view.id}
            fps={PLAYER_FPS}
            layers={layers.value}
            onResult={onResult}
          />
        )}
        {state !== "running" && (
          <div class="veil">
            <Trouble status={view.status} />
          </div>
        )}
      </div>
      <div class="player-bar" role="toolbar" aria-label="What is drawn">
        {(Object.keys(NAMES) as (keyof Layers)[]).map((layer) => (
          <Button
            key={layer}
            kind="quiet"
            aria-pressed={layers.value[layer]}
            onClick={() => layers.value = { ...layers.value, [layer]: !layers.value[layer] }}
          >
            {NAMES[layer]}
          </Button>
        ))}
        <Button
          kind="quiet"
          class="end"
          onClick={fill}
          title="Full screen (f)"
          aria-label="Full screen"
        >
          <Icon name="full" />
        </Button>
      </div>
    </section>
  );
}
