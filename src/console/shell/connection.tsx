import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { live } from "../api/live.ts";
import { session } from "../api/session.ts";
import { now } from "../state/now.ts";
import { Button } from "../ui/button.tsx";

/** A connection that is back this soon was hardly gone. */
const PATIENCE_MS = 1200;

/** Says quietly that the server is gone, and when it is tried again; everything resumes by itself. */
export function ConnectionBanner() {
  const { state, retryAtMs } = live.status.value;
  // Who is not let in is asked who he is instead.
  const lost = state === "lost" && session.value.refused === undefined;
  const shown = useSignal(false);
  useEffect(() => {
    if (!lost) {
      shown.value = false;
      return;
    }
    const timer = setTimeout(() => shown.value = true, PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [lost]);
  const waitS = retryAtMs === undefined ? 0 : Math.max(0, Math.ceil((retryAtMs - now.value) / 1000));
  return (
    <div class="banner-room" role="status">
      {shown.value && (
        <div class="banner">
          <span class="spinner" aria-hidden="true" />
          <span>
            {navigator.onLine ? "The server does not answer." : "This device is offline."}{" "}
            {waitS > 0 ? `Trying again in ${waitS} s.` : "Trying again."}{" "}
            <span class="faint">What you see is the last there was.</span>
          </span>
          <Button kind="quiet" onClick={() => live.retry()}>Try now</Button>
        </div>
      )}
    </div>
  );
}

/** How the page is connected, in one sign. */
export function ConnectionSign() {
  const { state } = live.status.value;
  const text = {
    idle: "Connecting",
    connecting: "Connecting",
    open: "Live",
    lost: "Not connected",
  }[state];
  return (
    <span class={`connection ${state}`} title={text}>
      <span class="unseen">{text}</span>
    </span>
  );
}
