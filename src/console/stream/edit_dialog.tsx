import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { StreamTrial, StreamView } from "../../core/services.ts";
import { call } from "../api/client.ts";
import { type ProblemError, problemOf } from "../api/problem_error.ts";
import { refreshStreams } from "../state/streams.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Labelled } from "../ui/field.tsx";
import { ErrorNote } from "../ui/note.tsx";
import { say } from "../ui/toasts.tsx";
import { changeFaults, type KnownSchemas, knownSchemas } from "./known_schemas.ts";
import { changeText, parseChange } from "./parse_change.ts";

/** Whoever still writes is not judged between. */
const SETTLE_MS = 600;

/** Changes what is done with a stream's frames; its source stays connected. */
export function EditDialog(
  { view, onClose }: { view: StreamView; onClose(): void },
) {
  const { id, registration } = view;
  const text = useSignal(changeText(registration));
  const area = useRef<HTMLTextAreaElement>(null);
  // One begins to read at the top.
  useLayoutEffect(() => area.current!.setSelectionRange(0, 0), []);
  const busy = useSignal(false);
  const problem = useSignal<ProblemError | undefined>(undefined);
  const read = parseChange(text.value, registration);
  const schemas = useSignal<KnownSchemas | undefined>(undefined);
  useEffect(() => {
    const gone = new AbortController();
    // Without them the server judges alone, when the change is saved.
    knownSchemas(gone.signal).then((known) => schemas.value = known, () => {});
    return () => gone.abort();
  }, []);
  const faults = "change" in read && schemas.value ? changeFaults(read.change, schemas.value) : [];
  const fault = "fault" in read
    ? read.fault
    : faults.length > 0
    ? faults.map(({ path, message }) => `${path} ${message}`).join("; ")
    : undefined;
  const unchanged = "change" in read && Object.keys(read.change).length === 0;
  const effect = useSignal<StreamTrial["effect"] | undefined>(undefined);
  const path = `/api/v1/streams/${encodeURIComponent(id)}`;
  useEffect(() => {
    effect.value = undefined;
    if (fault !== undefined || unchanged || !("change" in read)) return;
    const gone = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const trial = await call<StreamTrial>("PATCH", `${path}?dryRun=true`, read.change, { signal: gone.signal });
        if (!gone.signal.aborted) effect.value = trial.effect;
      } catch (thrown) {
        if (!gone.signal.aborted) problem.value = problemOf(thrown);
      }
    }, SETTLE_MS);
    return () => {
      clearTimeout(timer);
      gone.abort();
    };
  }, [text.value, fault]);

  const save = async () => {
    if (!("change" in read) || unchanged) return;
    busy.value = true;
    problem.value = undefined;
    try {
      await call("PATCH", path, read.change);
      await refreshStreams();
      say(`${id} is changed`);
      onClose();
    } catch (thrown) {
      problem.value = problemOf(thrown);
    } finally {
      busy.value = false;
    }
  };

  return (
    <Dialog
      title={`What is done with ${id}`}
      onClose={onClose}
      actions={
        <>
          <span class="faint small" role="status">
            {effect.value === undefined
              ? ""
              : effect.value === "applies"
              ? "The server would take it; the source stays connected"
              : "The server would take it; the source connects anew"}
          </span>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            busy={busy.value}
            disabled={fault !== undefined || unchanged}
            onClick={save}
          >
            Save
          </Button>
        </>
      }
    >
      <Labelled
        label="Pipeline, policy, labels and capture"
        fault={fault}
        hint={
          <>
            The source stays connected, and nothing changes until the server has found the whole of it good.{" "}
            {registration.capture ? <code>"capture": null</code> : <code>{'"capture": {"everySeconds": 60}'}</code>}
            {" "}
            {registration.capture ? "ends" : "begins"} the keeping of pictures. What there is to choose from stands in
            {" "}
            <a href="/docs#patchStream">the API's document</a>.
          </>
        }
      >
        <textarea
          ref={area}
          rows={16}
          spellcheck={false}
          value={text.value}
          onInput={(event: Event) => {
            text.value = (event.currentTarget as HTMLTextAreaElement).value;
            problem.value = undefined;
          }}
        />
      </Labelled>
      {problem.value && <ErrorNote error={problem.value} />}
    </Dialog>
  );
}
