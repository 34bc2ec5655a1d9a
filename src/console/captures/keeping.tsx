import { useSignal } from "@preact/signals";
import type { StreamView } from "../../core/services.ts";
import { call } from "../api/client.ts";
import { hrefTo } from "../router.ts";
import { refreshStreams } from "../state/streams.ts";
import { Button } from "../ui/button.tsx";
import { bytesText, countText } from "../ui/format.ts";
import { Badge } from "../ui/state_badge.tsx";
import { sayProblem } from "../ui/toasts.tsx";
import { rulesText } from "./capture_words.ts";
import { KeepForm } from "./keep_form.tsx";

/** What is kept of which stream, by which rules, and the switch. */
export function Keeping({ streams }: { streams: readonly StreamView[] }) {
  const keeping = streams.filter(({ registration, kept }) => registration.capture || (kept && kept.files > 0));
  return (
    <div class="stack">
      {keeping.length > 0 && (
        <ul class="keeping">
          {keeping.map((view) => <OneStream key={view.id} view={view} />)}
        </ul>
      )}
      <KeepForm streams={streams} />
    </div>
  );
}

function OneStream({ view: { id, registration: { capture }, origin, kept } }: { view: StreamView }) {
  const busy = useSignal(false);
  const turn = async () => {
    busy.value = true;
    try {
      await call("POST", "/api/v1/captures", { stream: id, enabled: !capture?.enabled });
      await refreshStreams();
    } catch (thrown) {
      sayProblem(thrown);
    } finally {
      busy.value = false;
    }
  };
  const figures = [
    kept && `${countText(kept.files)} files, ${bytesText(kept.bytes)}`,
    kept && kept.dropped > 0 && `${countText(kept.dropped)} had no room`,
    kept && kept.failed > 0 && `${countText(kept.failed)} could not be written`,
  ].filter((part) => typeof part === "string");
  const declared = origin === "config";
  return (
    <li>
      <div>
        <p class="row">
          <a href={hrefTo("streams", id)}>{id}</a>
          {capture && (
            <Badge tone={capture.enabled ? "good" : "calm"} text={capture.enabled ? "keeps" : "switched off"} />
          )}
          <span class="faint small">{figures.join(", ")}</span>
        </p>
        <p class="small">{capture ? rulesText(capture) : "It has no rules any more; what was kept stays."}</p>
        {kept?.fault && <p class="note error small">{kept.fault.message}</p>}
      </div>
      {capture && (
        <Button
          needs="operator"
          busy={busy.value}
          disabled={declared}
          title={declared ? "It is declared in the configuration file; change it there" : undefined}
          aria-label={capture.enabled ? `Keep no more of ${id}` : `Keep pictures of ${id} again`}
          onClick={() => void turn()}
        >
          {capture.enabled ? "Switch off" : "Switch on"}
        </Button>
      )}
    </li>
  );
}
