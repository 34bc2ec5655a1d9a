import { Button } from "../ui/button.tsx";
import type { SentClip } from "./vitals_session.ts";

/** A clip on its way to the server. */
export function SendingClip({ clip: { name, share }, onStop }: { clip: SentClip; onStop(): void }) {
  const percent = Math.round(share * 100);
  return (
    <div class="stage start">
      <div class="stack sending">
        <p id="sending">
          {percent < 100 ? `${name} is sent: ${percent} %` : `The server looks at ${name}…`}
        </p>
        <progress max={100} value={percent} aria-labelledby="sending" />
        <div class="actions">
          <Button onClick={onStop}>Cancel</Button>
        </div>
      </div>
    </div>
  );
}
