import { useEffect, useRef, useState } from "preact/hooks";
import type { ResultEnvelope } from "../../core/results.ts";
import { live } from "../api/live.ts";
import { feed } from "../state/feed.ts";
import { ALL_LAYERS, type Layers } from "./draw_overlay.ts";
import { LiveView, pictureWidth } from "./live_view.ts";

/** A {@link LiveCanvas}'s settings. */
export interface LiveCanvasProps {
  stream: string;
  /** Pictures a second, at most. */
  fps: number;
  layers?: Layers;
  /** Every result of the stream, whether its picture is shown or not. */
  onResult?(result: ResultEnvelope): void;
}

/** A stream's live picture with its results drawn on it. It costs something only while it is in sight. */
export function LiveCanvas(
  { stream, fps, layers = ALL_LAYERS, onResult }: LiveCanvasProps,
) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const view = useRef<LiveView>();
  const heard = useRef(onResult);
  heard.current = onResult;
  const [seen, see] = useState(false);
  const [begun, begin] = useState(false);
  const [refusal, refuse] = useState<string | undefined>(undefined);

  useEffect(() => {
    const observer = new IntersectionObserver(
      ([{ isIntersecting }]) => see(isIntersecting),
      { rootMargin: "120px" },
    );
    observer.observe(canvas.current!);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    if (!seen) return;
    const element = canvas.current!;
    const shown = new LiveView(element, ({ epoch, seq, result }) => {
      begin(true);
      element.dataset.frame = `${epoch}:${seq}`;
      element.dataset.result = result ? `${epoch}:${seq}` : "";
    });
    shown.layers = layers;
    view.current = shown;
    const stops = [
      feed.watch(stream, (result) => {
        shown.pushResult(result);
        heard.current?.(result);
      }),
      live.pictures(
        stream,
        { width: pictureWidth(element.clientWidth), fps, quality: 70 },
        (picture) => {
          refuse(undefined);
          void shown.pushPicture(picture);
        },
        { missing: ({ code, message }) => refuse(code === "too_many" ? message : undefined) },
      ),
    ];
    refuse(undefined);
    return () => {
      for (const stop of stops) stop();
      shown[Symbol.dispose]();
      view.current = undefined;
    };
  }, [stream, fps, seen]);

  useEffect(() => {
    if (view.current) view.current.layers = layers;
  }, [layers]);

  return (
    <>
      <canvas
        ref={canvas}
        class={`live ${begun ? "begun" : ""}`}
        role="img"
        aria-label={`Live picture of ${stream} with its results`}
      />
      {refusal !== undefined && <p class="no-picture">{refusal}</p>}
    </>
  );
}
