import { LiveCanvas } from "../overlay/live_canvas.tsx";
import { streams } from "../state/streams.ts";
import { Button } from "../ui/button.tsx";
import { ErrorNote } from "../ui/note.tsx";
import { StateBadge } from "../ui/state_badge.tsx";
import type { ServedStream } from "./served_stream.ts";

/** Pictures a second: enough to see somebody move. */
const FPS = 10;

/** What the server plays for this page, with what is read from it. */
export function ServedPicture({ stream, what, about, aspect }: {
  stream: ServedStream;
  /** At the beginning of a sentence. */
  what: string;
  /** Worth knowing while it plays. */
  about?: string;
  /** Its width over its height. */
  aspect?: number;
}) {
  const made = stream.made.value;
  const status = streams.value?.find(({ id }) => id === stream.id)?.status;
  const over = made && status?.state === "stopped";
  return (
    <>
      <div class="stage" style={aspect === undefined ? {} : { aspectRatio: `${aspect}` }}>
        {made && <LiveCanvas stream={stream.id} fps={FPS} />}
        {!made && stream.fault.value === undefined && <p>One moment…</p>}
      </div>
      {stream.fault.value !== undefined ? <ErrorNote error={stream.fault.value} /> : (
        <div class="row" role="status">
          <StateBadge state={made ? status?.state ?? "connecting" : "connecting"} />
          {over ? <span>{`${what} is over.`}</span> : status?.cause && <span>{status.cause.message}</span>}
          {about !== undefined && status?.state === "running" && <span class="faint">{about}</span>}
          {over && <Button onClick={() => void stream.replay()}>Play it again</Button>}
        </div>
      )}
    </>
  );
}
