import { now } from "../state/now.ts";
import { Button } from "../ui/button.tsx";
import { Badge } from "../ui/state_badge.tsx";
import type { SenderStatus } from "./sender.ts";

/** What sending is doing, and why it is not, where it should be. */
export function SendingNote({ status, fault, retry }: {
  status: SenderStatus | undefined;
  fault: string | undefined;
  retry(): void;
}) {
  if (fault !== undefined) {
    return (
      <div class="note error" role="alert">
        <p>{fault}</p>
      </div>
    );
  }
  if (!status) return <p class="faint">Nothing is sent before you start it.</p>;
  const { state, reason, retryAtMs } = status;
  const seconds = retryAtMs === undefined ? 0 : Math.max(0, Math.ceil((retryAtMs - now.value) / 1000));
  return (
    <div class="row" role="status">
      {state === "open" && status.sent === 0
        ? <Badge tone="busy" text="waiting for the server to ask" />
        : <Badge tone={TONES[state]} text={TEXTS[state]} />}
      {reason !== undefined && <span>{reason}</span>}
      {state === "lost" && seconds > 0 && <span class="faint" aria-hidden="true">next try in {seconds} s</span>}
      {(state === "lost" || state === "ended") && <Button kind="quiet" onClick={retry}>Try now</Button>}
      {state === "open" && status.fault !== undefined && <span class="faint">{status.fault}</span>}
    </div>
  );
}

const TONES = { connecting: "busy", open: "good", lost: "warn", ended: "bad" } as const;
const TEXTS = { connecting: "connecting", open: "sending", lost: "not connected", ended: "stopped" } as const;
