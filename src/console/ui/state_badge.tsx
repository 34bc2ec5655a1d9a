import type { StreamState } from "../../core/stream.ts";

/** How a state looks: its colour, and a sign that needs no colour. */
const LOOKS: Record<StreamState, { tone: string; sign: string; text: string }> = {
  running: { tone: "good", sign: "●", text: "running" },
  connecting: { tone: "busy", sign: "◌", text: "connecting" },
  stalled: { tone: "warn", sign: "▲", text: "stalled" },
  backoff: { tone: "warn", sign: "↻", text: "waiting to retry" },
  paused: { tone: "calm", sign: "❚❚", text: "paused" },
  stopping: { tone: "calm", sign: "◌", text: "stopping" },
  stopped: { tone: "calm", sign: "■", text: "stopped" },
  failed: { tone: "bad", sign: "✕", text: "failed" },
};

/** What a stream is doing; told by word and sign as well as colour. */
export function StateBadge({ state }: { state: StreamState | undefined }) {
  const { tone, sign, text } = state ? LOOKS[state] : { tone: "busy", sign: "◌", text: "being moved" };
  return (
    <span class={`badge ${tone}`}>
      <span class="sign" aria-hidden="true">{sign}</span>
      {text}
    </span>
  );
}

/** Any other state: of an actor, a sink, a worker. */
export function Badge(
  { tone, text }: {
    tone: "good" | "busy" | "warn" | "bad" | "calm";
    text: string;
  },
) {
  const sign = { good: "●", busy: "◌", warn: "▲", bad: "✕", calm: "■" }[tone];
  return (
    <span class={`badge ${tone}`}>
      <span class="sign" aria-hidden="true">{sign}</span>
      {text}
    </span>
  );
}
