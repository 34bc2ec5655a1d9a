import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { AlertEvent } from "../../core/events.ts";
import type { CaptureModel, CaptureReason, CaptureView } from "../../core/captures.ts";
import type { Prediction } from "../../core/services.ts";
import { call } from "../api/client.ts";
import { FoundList } from "../predict/found_list.tsx";
import { PredictedPicture } from "../predict/predicted_picture.tsx";
import { hrefTo } from "../router.ts";
import { withoutPictures } from "../stream/timeline.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Check } from "../ui/field.tsx";
import { bytesText } from "../ui/format.ts";
import { jsonText } from "../ui/json_text.ts";
import { ErrorNote, Loading } from "../ui/note.tsx";
import { Tabs } from "../ui/tabs.tsx";
import { say, sayProblem } from "../ui/toasts.tsx";
import { REASON_WORDS } from "./capture_words.ts";

/** What is written beside a capture, as far as it is shown. */
interface CaptureDocument {
  models?: Record<string, CaptureModel>;
  alerts?: AlertEvent[];
  result?: Pick<Prediction, "outputs" | "frame">;
  codec?: string;
  fromPts?: number;
  toPts?: number;
  short?: string;
}

interface Opened {
  id: string;
  blob: Blob;
  url: string;
  document: CaptureDocument;
}

/** One capture as it was kept, with what was found in it. */
export function CaptureDialog({ capture, streams, previous, next, onMove, onGone, onClose }: {
  capture: CaptureView;
  /** Names of the streams that there are. */
  streams: readonly string[];
  previous: CaptureView | undefined;
  next: CaptureView | undefined;
  onMove(to: CaptureView): void;
  onGone(): void;
  onClose(): void;
}) {
  const { id, stream, kind, at, media } = capture;
  const [opened, open] = useState<Opened | undefined>();
  const [error, fail] = useState<unknown>();
  const drawn = useSignal(true);
  const deleting = useSignal(false);
  const path = `/api/v1/captures/${id}`;
  useEffect(() => {
    const gone = new AbortController();
    const { signal } = gone;
    let url: string | undefined;
    fail(undefined);
    Promise.all([
      call<Blob>("GET", `${path}/media`, undefined, { signal }),
      call<CaptureDocument>("GET", path, undefined, { signal }),
    ]).then(([blob, document]) => {
      if (!signal.aborted) open({ id, blob, url: url = URL.createObjectURL(blob), document });
    }).catch((thrown) => signal.aborted || fail(thrown));
    return () => {
      gone.abort();
      if (url !== undefined) URL.revokeObjectURL(url);
    };
  }, [id]);
  useEffect(() => {
    const turn = (event: KeyboardEvent) => {
      const busy = event.target instanceof HTMLElement && event.target.closest("video, input, [role=tablist], .json");
      const to = { ArrowLeft: previous, ArrowRight: next }[event.key];
      if (to && !busy && !deleting.peek()) onMove(to);
    };
    document.addEventListener("keydown", turn);
    return () => document.removeEventListener("keydown", turn);
  }, [previous, next]);
  const shown = opened?.id === id ? opened : undefined;
  const { result } = shown?.document ?? {};
  const remove = async () => {
    deleting.value = false;
    try {
      await call("DELETE", path);
      say("It is deleted");
      onGone();
    } catch (thrown) {
      sayProblem(thrown);
    }
  };
  const when = new Date(at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });
  return (
    <Dialog
      title={`${stream}, ${when}`}
      large
      onClose={onClose}
      actions={
        <>
          <Button disabled={!previous} title="Left arrow" onClick={() => previous && onMove(previous)}>Previous</Button>
          <Button disabled={!next} title="Right arrow" onClick={() => next && onMove(next)}>Next</Button>
          {shown && <a class="button" href={shown.url} download={`${stream}-${id}.${endingOf(media)}`}>Download</a>}
          <Button kind="danger" needs="operator" onClick={() => deleting.value = true}>Delete</Button>
          <Button kind="primary" onClick={onClose}>Close</Button>
        </>
      }
    >
      <div class="capture">
        <div class="stack">
          <div class="capture-room" style={{ aspectRatio: `${capture.width || 16} / ${capture.height || 9}` }}>
            {shown && (kind === "clip" ? <Video url={shown.url} codec={shown.document.codec} /> : (
              <PredictedPicture
                image={shown.blob}
                prediction={drawn.value && result ? result as Prediction : undefined}
              />
            ))}
            {!shown && error === undefined && <Loading />}
            {error !== undefined && <ErrorNote error={error} />}
          </div>
          {result && <Check label="Draw what was found" checked={drawn.value} onValue={(on) => drawn.value = on} />}
        </div>
        <div class="stack">
          <Facts capture={capture} document={shown?.document} linked={streams.includes(stream)} />
          {shown && (
            <Tabs
              label="What is known of it"
              tabs={[
                ...(result ? [{ name: "Found", render: () => <FoundList outputs={result.outputs} /> }] : []),
                {
                  name: "JSON",
                  render: () => (
                    <pre class="json" tabIndex={0} role="region" aria-label="What is known of it as JSON">{jsonText(
                      shown.document,
                      withoutPictures,
                    )}</pre>
                  ),
                },
              ]}
            />
          )}
        </div>
      </div>
      {deleting.value && (
        <Dialog
          title={kind === "clip" ? "Delete this video?" : "Delete this picture?"}
          onClose={() => deleting.value = false}
          actions={
            <>
              <Button onClick={() => deleting.value = false}>Keep it</Button>
              <Button kind="danger" onClick={() => void remove()}>Delete</Button>
            </>
          }
        >
          <p>It is taken off the server's disk, with what was found in it.</p>
        </Dialog>
      )}
    </Dialog>
  );
}

function Facts({ capture, document, linked }: {
  capture: CaptureView;
  document: CaptureDocument | undefined;
  linked: boolean;
}) {
  const { stream, reasons, width, height, bytes } = capture;
  const { models, alerts, codec, fromPts, toPts, short } = document ?? {};
  const link = linked ? <a key="stream" href={hrefTo("streams", stream)}>{stream}</a> : stream;
  const rows: [string, ComponentChildren][] = [
    ["Stream", link],
    ["Kept because", reasons.map((reason) => REASON_WORDS[reason as CaptureReason]?.long ?? reason).join("; ")],
    ["Size", `${width} × ${height}, ${bytesText(bytes)}`],
    [
      "Length",
      fromPts !== undefined && toPts !== undefined && `${(toPts - fromPts).toFixed(1)} s${codec ? `, ${codec}` : ""}`,
    ],
    ["Cut", short],
    ["Alerts", alerts && alerts.length > 0 && alerts.map(({ message }) => message).join("; ")],
    ["Models", models && Object.values(models).map(({ name, minScore }) => `${name} from ${minScore} on`).join(", ")],
  ];
  return (
    <dl class="facts">
      {rows.filter(([, value]) => value !== undefined && value !== false && value !== "").map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Video({ url, codec }: { url: string; codec: string | undefined }) {
  const [refused, refuse] = useState(false);
  if (refused) {
    return (
      <p class="note warn">
        {`This browser cannot play ${codec ?? "this video"}. Download it and open it in a player.`}
      </p>
    );
  }
  return (
    // What was said there, if anything, is not kept.
    <video src={url} controls autoplay muted loop playsInline onError={() => refuse(true)} />
  );
}

function endingOf(media: string): string {
  return media === "image/jpeg" ? "jpg" : media.split("/")[1];
}
