import type { CaptureStoreStatus } from "../core/captures.ts";
import type { StreamStatus } from "../core/stream.ts";
import { byStream } from "./by_stream.ts";
import type { Metrics } from "./metrics.ts";

/** What is kept of streams, by their latest statuses and by how it stands on disk. */
export function captureMetrics(
  metrics: Metrics,
  { statuses, kept }: {
    statuses: ReadonlyMap<string, StreamStatus>;
    kept: ReadonlyMap<string, CaptureStoreStatus>;
  },
): void {
  const onDisk = byStream(metrics, kept);
  onDisk("gauge", "weir_captures", "Pictures and clips that are kept.", ({ files }) => files);
  onDisk("gauge", "weir_captures_bytes", "Disk that they take.", ({ bytes }) => bytes);
  onDisk("counter", "weir_captures_kept_total", "Pictures and clips that were written.", ({ kept }) => kept);
  onDisk("counter", "weir_captures_failed_total", "Those that could not be written.", ({ failed }) => failed);
  onDisk("gauge", "weir_captures_upload_waiting", "Those that wait to be uploaded.", ({ upload }) => upload?.waiting);
  onDisk("counter", "weir_captures_uploaded_total", "Those that the store has taken.", ({ upload }) => upload?.sent);
  metrics.asked({
    type: "counter",
    name: "weir_captures_dropped_total",
    help: "Pictures and clips that were due and are not kept, by where they were lost.",
    labels: ["stream", "where"],
    read(say) {
      for (const [stream, { capture }] of statuses) {
        if (!capture) continue;
        say(capture.missed, { stream, where: "thread" });
        say(capture.failed, { stream, where: "encoder" });
        if (capture.clips) say(capture.clips.missed + capture.clips.failed, { stream, where: "clips" });
      }
      for (const [stream, { dropped }] of kept) say(dropped, { stream, where: "queue" });
    },
  });
  byStream(metrics, statuses)(
    "gauge",
    "weir_clip_packets_bytes",
    "Memory of the packets that are held for clips.",
    ({ capture }) => capture?.clips?.heldBytes,
  );
}
