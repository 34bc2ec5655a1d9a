import type { CaptureEntry } from "../capture/capture_files.ts";
import type { CaptureStore } from "../capture/capture_store.ts";
import { CAPTURE_MEDIA, type CapturePage, type CaptureQuery, type CaptureView } from "../core/captures.ts";

/** What is kept of one stream. */
export interface KeptOfStream {
  stream: string;
  store: Pick<CaptureStore, "entries" | "document">;
}

type Candidate = KeptOfStream & { entry: CaptureEntry };

/** Why something was kept is known from its document only: a reason that is rare must not keep the disk busy. */
const LOOKED_MOST = 1000;
const AT_ONCE = 50;

/** A page of what is kept of streams, newest first. One that looks for a reason may be short of its limit and not the last. */
export async function capturePage(all: readonly KeptOfStream[], query: CaptureQuery): Promise<CapturePage> {
  const { reason, limit } = query;
  const most = reason === undefined ? limit : LOOKED_MOST;
  const candidates = newest(all, query, most + 1);
  const captures: CaptureView[] = [];
  let looked = 0;
  while (looked < Math.min(most, candidates.length) && captures.length < limit) {
    const room = reason === undefined ? limit - looked : AT_ONCE;
    const views = await Promise.all(candidates.slice(looked, Math.min(looked + room, most)).map(viewOf));
    for (const view of views) {
      if (captures.length === limit) break;
      looked++;
      if (reason === undefined || view.reasons.includes(reason)) captures.push(view);
    }
  }
  const next = looked > 0 && looked < candidates.length ? candidates[looked - 1].entry.id : undefined;
  return { captures, ...(next !== undefined && { next }) };
}

/** The newest that a query is about, as far as that is known without looking into them. */
function newest(all: readonly KeptOfStream[], query: CaptureQuery, most: number): Candidate[] {
  const { stream, kind, fromMs = -Infinity, toMs = Infinity, after } = query;
  const kept = stream === undefined ? all : all.filter((one) => one.stream === stream);
  const found = kept.flatMap((one) => {
    const { entries } = one.store;
    const candidates: Candidate[] = [];
    for (let n = entries.length - 1; n >= 0 && candidates.length < most; n--) {
      const entry = entries[n];
      if (entry.atMs < fromMs) break;
      const wanted = entry.atMs < toMs && (after === undefined || entry.id < after) &&
        (kind === undefined || (kind === "clip") === (entry.extension === "mp4"));
      if (wanted) candidates.push({ ...one, entry });
    }
    return candidates;
  });
  return found.sort((a, b) => a.entry.id < b.entry.id ? 1 : -1).slice(0, most);
}

async function viewOf({ stream, store, entry }: Candidate): Promise<CaptureView> {
  // What goes while it is looked at is told as far as it is known.
  const document = await store.document(entry).catch((): Record<string, unknown> => ({}));
  const { width = 0, height = 0, reasons = [] } = document as Partial<CaptureView>;
  return {
    id: entry.id,
    stream,
    kind: entry.extension === "mp4" ? "clip" : "frame",
    at: new Date(entry.atMs).toISOString(),
    media: CAPTURE_MEDIA[entry.extension],
    bytes: entry.sizeBytes,
    width,
    height,
    reasons,
  };
}
