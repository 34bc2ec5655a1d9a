import { useSignal } from "@preact/signals";
import { useCallback } from "preact/hooks";
import type { ZooView } from "../../core/model_registry.ts";
import { call } from "../api/client.ts";
import { usePolled } from "../system/use_polled.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { bytesText } from "../ui/format.ts";
import { ErrorNote, Loading } from "../ui/note.tsx";
import { sayProblem } from "../ui/toasts.tsx";

const EVERY_MS = 4000;

/** Well-known public models, to be fetched by name. */
export function ZooList({ onPulled }: { onPulled(): void }) {
  const load = useCallback(
    async (signal: AbortSignal) =>
      (await call<{ models: ZooView[] }>("GET", "/api/v1/zoo", undefined, { signal })).models,
    [],
  );
  const { value: models, error, again } = usePolled(load, EVERY_MS);
  const asking = useSignal<ZooView | undefined>(undefined);
  const pull = async ({ name, restrictive }: ZooView) => {
    asking.value = undefined;
    try {
      await call("POST", "/api/v1/models", { zoo: name, ...(restrictive && { acceptLicence: true }) });
    } catch (thrown) {
      sayProblem(thrown);
    }
    onPulled();
    again();
  };
  if (!models) return error === undefined ? <Loading /> : <ErrorNote error={error} retry={again} />;
  return (
    <>
      <ul class="zoo">
        {models.map((model) => (
          <li key={model.name}>
            <div>
              <p>
                <strong>{model.name}</strong>{" "}
                <span class="faint small">{`${model.task} · ${bytesText(model.bytes)}`}</span>
              </p>
              <p class="small">{model.describe}</p>
              <p class="faint small">
                {model.home === undefined
                  ? model.licence
                  : <a href={model.home} target="_blank" rel="noopener">{`${model.licence}, its makers`}</a>}
                {model.note !== undefined && ` · ${model.note}`}
              </p>
            </div>
            {model.knownAs === undefined
              ? (
                <Button
                  needs="admin"
                  aria-label={`Fetch ${model.name}`}
                  onClick={() => model.restrictive ? asking.value = model : void pull(model)}
                >
                  Fetch
                </Button>
              )
              : <span class="faint small">{`here as ${model.knownAs}`}</span>}
          </li>
        ))}
      </ul>
      {asking.value && (
        <Dialog
          title={`The licence of ${asking.value.name}`}
          onClose={() => asking.value = undefined}
          actions={
            <>
              <Button onClick={() => asking.value = undefined}>Leave it</Button>
              <Button kind="primary" onClick={() => void pull(asking.value!)}>Accept and fetch</Button>
            </>
          }
        >
          <p>
            {`It is under ${asking.value.licence}, which restricts what may be done with it. Read it at `}
            {asking.value.home === undefined
              ? "its makers'"
              : <a href={asking.value.home} target="_blank" rel="noopener">its makers'</a>} before you accept it.
          </p>
        </Dialog>
      )}
    </>
  );
}
