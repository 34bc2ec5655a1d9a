import { useRef } from "preact/hooks";
import { AREA_COLOURS } from "../overlay/draw_areas.ts";
import { type Corner, corner, moved, POINTS, type Shape, withoutPoint, withPoint, withPointAfter } from "./shape.ts";
import type { ShapeSession } from "./shape_session.ts";

/** How far a key moves, as a share of the picture; with Shift further. */
const STEP = 0.005;
const STRIDE = 0.05;
const WAYS: Readonly<Record<string, Corner>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** A shape that can be taken by its points, or as a whole. */
export function DrawnShape({ shape, session, selected, still, unit, at }: {
  shape: Shape;
  session: ShapeSession;
  selected: boolean;
  /** Another one is being drawn: this one is only seen. */
  still: boolean;
  /** Source pixels to a CSS pixel. */
  unit: number;
  /** Where a pointer is in the picture. */
  at(event: MouseEvent): Corner;
}) {
  const { width, height } = session.size;
  const gesture = useRef(0);
  const from = useRef<{ at: Corner; shape: Shape }>();
  const { key, kind, name, points } = shape;
  const colour = AREA_COLOURS[kind];
  const called = name || "Mask";
  const select = () => void (session.selected.value = key);

  /** What drags something: from its press to its release one gesture. */
  const drag = (change: (to: Corner, begun: { at: Corner; shape: Shape }) => Shape) => ({
    onPointerDown(event: PointerEvent) {
      if (still || event.button !== 0) return;
      event.stopPropagation();
      select();
      (event.currentTarget as Element).setPointerCapture(event.pointerId);
      from.current = { at: at(event), shape };
      gesture.current++;
    },
    onPointerMove(event: PointerEvent) {
      if (!from.current) return;
      session.change(change(at(event), from.current), `drag ${key} ${gesture.current}`);
    },
    onPointerUp: release,
    onPointerCancel: release,
  });
  function release() {
    from.current = undefined;
    session.settle();
  }
  const step = (event: KeyboardEvent): Corner | undefined => {
    const way = WAYS[event.key];
    const by = event.shiftKey ? STRIDE : STEP;
    return way && [way[0] * by, way[1] * by];
  };
  const pressed = (event: KeyboardEvent, change: () => boolean) => {
    if (still || event.ctrlKey || event.metaKey || !change()) return;
    event.preventDefault();
    event.stopPropagation();
  };
  const path = points.map(([x, y]) => `${x * width},${y * height}`).join(" ");
  const Outline = kind === "line" ? "polyline" : "polygon";
  const whole = {
    class: "outline",
    points: path,
    tabindex: 0,
    role: "button" as const,
    "aria-label": `${called}, a ${kind} of ${points.length} points`,
    "aria-pressed": selected,
    onFocus: select,
    onKeyDown: (event: KeyboardEvent) =>
      pressed(event, () => {
        const by = step(event);
        if (by) session.change(moved(shape, by), `keys ${key}`);
        else if (event.key === "Delete" || event.key === "Backspace") session.remove(key);
        else return false;
        return true;
      }),
    ...drag((to, begun) => moved(begun.shape, [to[0] - begun.at[0], to[1] - begun.at[1]])),
  };
  return (
    <g class={`shape ${kind} ${selected ? "selected" : ""}`} style={{ color: colour }}>
      {kind === "line" && <polyline class="grip" points={path} stroke-width={22 * unit} {...pointersOf(whole)} />}
      <Outline {...whole} />
      {kind === "line" && <Arrow points={points} size={{ width, height }} unit={unit} />}
      {selected && !still && kind !== "line" && points.length < POINTS[kind].most && points.map(([x, y], index) => {
        const [nextX, nextY] = points[(index + 1) % points.length];
        return (
          <circle
            key={`between ${index}`}
            class="between"
            cx={(x + nextX) / 2 * width}
            cy={(y + nextY) / 2 * height}
            r={6 * unit}
            onPointerDown={(event) => {
              event.stopPropagation();
              session.change(withPointAfter(shape, index));
            }}
          />
        );
      })}
      {!still && points.map(([x, y], index) => (
        <circle
          key={index}
          class="point"
          cx={x * width}
          cy={y * height}
          r={(selected ? 8 : 5) * unit}
          stroke-width={24 * unit}
          tabindex={0}
          role="button"
          aria-label={`Point ${index + 1} of ${called}, ${percent(x)} from the left, ${percent(y)} from the top`}
          onFocus={select}
          onKeyDown={(event) =>
            pressed(event, () => {
              const by = step(event);
              if (by) {
                session.change(withPoint(shape, index, corner(x + by[0], y + by[1])), `keys ${key} ${index}`);
              } else if (event.key === "Delete" || event.key === "Backspace") {
                const rest = withoutPoint(shape, index);
                if (rest) session.change(rest);
                else session.remove(key);
              } else if (event.key === "Insert" || event.key === "+") session.change(withPointAfter(shape, index));
              else return false;
              return true;
            })}
          {...drag((to, begun) => withPoint(begun.shape, index, to))}
        />
      ))}
      <text
        x={points[0][0] * width}
        y={points[0][1] * height}
        dx={10 * unit}
        dy={(points[0][1] < 0.08 ? 24 : -10) * unit}
        font-size={14 * unit}
        stroke-width={4 * unit}
      >
        {called}
      </text>
    </g>
  );
}

/** Where the first direction of a line leads: to the left hand of one who goes along it. */
function Arrow({ points: [from, to], size: { width, height }, unit }: {
  points: readonly Corner[];
  size: { width: number; height: number };
  unit: number;
}) {
  const [dx, dy] = [(to[0] - from[0]) * width, (to[1] - from[1]) * height];
  const turn = Math.atan2(dy, dx) * 180 / Math.PI;
  const [x, y] = [(from[0] + to[0]) / 2 * width, (from[1] + to[1]) / 2 * height];
  return <path class="arrow" d="M-9 0L0-15L9 0Z" transform={`translate(${x} ${y}) rotate(${turn}) scale(${unit})`} />;
}

/** Only what a pointer does: what is wide enough for a finger says nothing of its own. */
function pointersOf(
  { onPointerDown, onPointerMove, onPointerUp, onPointerCancel }: Record<string, unknown>,
): Record<string, unknown> {
  return { onPointerDown, onPointerMove, onPointerUp, onPointerCancel };
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}
