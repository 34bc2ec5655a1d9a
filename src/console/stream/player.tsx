import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { ResultEnvelope } from "../../core/results.ts";
import type { StreamView } from "../../core/services.ts";
import { ALL_LAYERS, type Layers } from "../overlay/draw_overlay.ts";
import { LiveCanvas } from "../overlay/live_canvas.tsx";
import { ShapeCanvas } from "../shapes/shape_canvas.tsx";
import { ShapePanel } from "../shapes/shape_panel.tsx";
import { ShapeSession } from "../shapes/shape_session.ts";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { Trouble } from "../wall/trouble.tsx";

const NAMES: Record<keyof Layers, string> = {
  boxes: "Boxes",
  labels: "Labels",
  trails: "Trails",
  areas: "Zones",
  masks: "Masks",
  heat: "Heat",
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
  const drawing = useSignal<ShapeSession | undefined>(undefined);
  const endDrawing = () => {
    drawing.value?.[Symbol.dispose]();
    drawing.value = undefined;
  };
  useEffect(() => endDrawing, []);
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
            layers={drawing.value ? { ...layers.value, areas: false } : layers.value}
            onResult={onResult}
          />
        )}
        {drawing.value && <ShapeCanvas session={drawing.value} />}
        {state !== "running" && !drawing.value && (
          <div class="veil">
            <Trouble status={view.status} kind={view.registration.source.kind} />
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
          class="end"
          needs="operator"
          aria-pressed={drawing.value !== undefined}
          disabled={view.origin === "config"}
          title={view.origin === "config"
            ? "It is declared in the configuration file; change it there"
            : "Zones, lines and masks"}
          onClick={() => drawing.value ? endDrawing() : drawing.value = new ShapeSession(view)}
        >
          Draw
        </Button>
        <Button
          kind="quiet"
          onClick={fill}
          title="Full screen (f)"
          aria-label="Full screen"
        >
          <Icon name="full" />
        </Button>
      </div>
      {drawing.value && <ShapePanel session={drawing.value} onClose={endDrawing} />}
    </section>
  );
}
