import { useEffect, useRef, useState } from "preact/hooks";
import type { CaptureView } from "../../core/captures.ts";
import { call } from "../api/client.ts";
import { problemOf } from "../api/problem_error.ts";
import { timeText } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import { reasonsText } from "./capture_words.ts";
import { inTurn } from "./in_turn.ts";

/** Wide enough for a dense screen. */
const WIDTH = 480;
/** What is worth another try: no answer, too many, not now. */
const PASSING = [0, 429, 502, 503, 504];
const AGAIN_MS = 4000;

/** One capture, small; its picture is asked for when it comes into sight. */
export function CaptureThumb({ capture, onOpen }: { capture: CaptureView; onOpen(): void }) {
  const { id, kind, at, stream, width, height } = capture;
  const frame = useRef<HTMLButtonElement>(null);
  const [source, setSource] = useState<string | undefined>();
  const [failed, fail] = useState(false);
  useEffect(() => {
    const gone = new AbortController();
    let url: string | undefined;
    let again: ReturnType<typeof setTimeout> | undefined;
    const { signal } = gone;
    const ask = async () => {
      try {
        const path = `/api/v1/captures/${id}/media?width=${WIDTH}`;
        const blob = await inTurn(() => call<Blob>("GET", path, undefined, { signal }), signal);
        if (!signal.aborted) setSource(url = URL.createObjectURL(blob));
      } catch (thrown) {
        if (signal.aborted) return;
        // Away or busy for a moment is nothing that the picture could help.
        if (PASSING.includes(problemOf(thrown).status)) again = setTimeout(ask, AGAIN_MS);
        else fail(true);
      }
    };
    const observer = new IntersectionObserver(([{ isIntersecting }]) => {
      if (!isIntersecting) return;
      observer.disconnect();
      void ask();
    }, { rootMargin: "400px" });
    observer.observe(frame.current!);
    return () => {
      observer.disconnect();
      gone.abort();
      clearTimeout(again);
      if (url !== undefined) URL.revokeObjectURL(url);
    };
  }, [id]);
  return (
    <button
      ref={frame}
      type="button"
      class="thumb"
      onClick={onOpen}
    >
      <span class="thumb-picture">
        {source !== undefined && <img src={source} alt="" width={width || 16} height={height || 9} />}
        {failed && <span class="thumb-none">Cannot be shown small</span>}
        {kind === "clip"
          ? (
            <span class="thumb-kind">
              <Icon name="film" /> Video
            </span>
          )
          : <span class="unseen">Picture</span>}
      </span>
      <span class="unseen">{` of ${stream}, `}</span>
      <span class="thumb-words">
        <span>{timeText(Date.parse(at))}</span>
        <span class="faint">{reasonsText(capture)}</span>
      </span>
    </button>
  );
}
