import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { AREA_COLOURS } from "../overlay/draw_areas.ts";
import { type Corner, corner } from "./shape.ts";
import { DrawnShape } from "./drawn_shape.tsx";
import type { ShapeSession } from "./shape_session.ts";

/** So near to its beginning, CSS pixels, an area is closed. */
const CLOSE_PX = 14;
/** So near to an edge of the picture, CSS pixels, a point goes to it. */
const SNAP_PX = 6;

/** Where shapes are drawn: over the picture, exactly where it is. */
export function ShapeCanvas({ session }: { session: ShapeSession }) {
  const svg = useRef<SVGSVGElement>(null);
  const unit = useSignal(1);
  const pointer = useSignal<Corner | undefined>(undefined);
  const { size: { width, height }, placing, shapes, selected } = session;
  useEffect(() => {
    const element = svg.current!;
    const observer = new ResizeObserver(([{ contentRect }]) => {
      if (contentRect.width > 0) unit.value = Math.max(width / contentRect.width, height / contentRect.height);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [width, height]);
  // Who begins a shape by the keyboard goes on here by the keyboard.
  useEffect(() => {
    if (placing.value?.points.length === 0) svg.current!.focus();
  }, [placing.value]);

  const at = (event: MouseEvent): Corner => {
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.current!.getScreenCTM()!.inverse());
    // Edges are hard to hit, and what stops a hair before one lets things slip by.
    const snapped = (value: number, most: number) =>
      value < SNAP_PX * unit.value ? 0 : value > most - SNAP_PX * unit.value ? 1 : value / most;
    return corner(snapped(x, width), snapped(y, height));
  };
  const drawn = placing.value;
  const put = (event: PointerEvent) => {
    if (event.button !== 0) return;
    if (!drawn) return void (selected.value = undefined);
    event.preventDefault();
    svg.current!.focus();
    const point = at(event);
    const [first] = drawn.points;
    const near = (other: Corner) =>
      Math.hypot((other[0] - point[0]) * width, (other[1] - point[1]) * height) < CLOSE_PX * unit.value;
    if (drawn.points.length >= 3 && near(first)) session.finish();
    // The second press of a double one is no corner.
    else if (!drawn.points.some(near)) session.place(point);
  };
  const keys = (event: KeyboardEvent) => {
    const undo = event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey);
    if (undo && event.shiftKey) session.redo();
    else if (undo) session.undo();
    else if (drawn && event.key === "Enter") session.finish();
    else if (drawn && event.key === "Escape") session.giveUp();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <svg
      ref={svg}
      class={`shapes ${drawn ? "placing" : ""}`}
      viewBox={`0 0 ${width} ${height}`}
      tabindex={0}
      role="group"
      aria-label="Shapes in the picture"
      onPointerDown={put}
      onPointerMove={(event) => pointer.value = drawn ? at(event) : undefined}
      onDblClick={() => drawn && session.finish()}
      onKeyDown={keys}
    >
      {shapes.value.map((shape) => (
        <DrawnShape
          key={shape.key}
          shape={shape}
          session={session}
          selected={selected.value === shape.key}
          still={drawn !== undefined}
          unit={unit.value}
          at={at}
        />
      ))}
      {drawn && (
        <polyline
          class="drawing"
          stroke={AREA_COLOURS[drawn.kind]}
          points={[...drawn.points, ...pointer.value ? [pointer.value] : []]
            .map(([x, y]) => `${x * width},${y * height}`).join(" ")}
        />
      )}
      {drawn?.points.map(([x, y]) => (
        <circle
          key={`${x} ${y}`}
          cx={x * width}
          cy={y * height}
          r={5 * unit.value}
          fill={AREA_COLOURS[drawn.kind]}
          pointer-events="none"
        />
      ))}
    </svg>
  );
}
