import { useEffect, useRef, useState } from "preact/hooks";
import type { ModelInspection } from "../../core/model_registry.ts";
import type { ModelView } from "../../core/services.ts";
import { call } from "../api/client.ts";
import { Button } from "../ui/button.tsx";
import { Check, Field, Labelled, Select } from "../ui/field.tsx";
import { bytesText } from "../ui/format.ts";
import { ErrorNote, Loading } from "../ui/note.tsx";
import { Panel } from "../ui/panel.tsx";
import { say } from "../ui/toasts.tsx";
import { ModelDrop } from "./model_drop.tsx";
import { ModelFacts } from "./model_facts.tsx";
import { type ManifestFields, manifestOf, NO_FIELDS, PIXELS } from "./model_manifest.ts";

/** Takes a file in: shows what Weir recognised in it and asks for what it could not. */
export function AddModel({ onAdded }: { onAdded(): void }) {
  const [file, setFile] = useState<File | undefined>();
  const [found, setFound] = useState<ModelInspection | undefined>();
  const [fields, setFields] = useState(NO_FIELDS);
  const [name, setName] = useState("");
  const [activate, setActivate] = useState(false);
  const [busy, setBusy] = useState<"inspect" | "add" | undefined>();
  const [error, setError] = useState<unknown>();
  const asking = useRef(new AbortController());
  useEffect(() => () => asking.current.abort(), []);

  const attempt = async (kind: "inspect" | "add", what: (signal: AbortSignal) => Promise<void>) => {
    asking.current.abort();
    const { signal } = asking.current = new AbortController();
    setError(undefined);
    setBusy(kind);
    try {
      await what(signal);
    } catch (thrown) {
      if (!signal.aborted) setError(thrown);
    } finally {
      if (asking.current.signal === signal) setBusy(undefined);
    }
  };
  const inspect = (file: File, fields: ManifestFields) =>
    attempt("inspect", async (signal) => {
      const path = "/api/v1/models/inspect";
      const answer = await call<ModelInspection>("POST", path, formOf(file, { manifest: manifestOf(fields) }), {
        signal,
      });
      if (!signal.aborted) setFound(answer);
    });
  const take = (file: File) => {
    setFile(file);
    setFound(undefined);
    setFields(NO_FIELDS);
    setName("");
    setActivate(false);
    void inspect(file, NO_FIELDS);
  };
  const close = () => {
    asking.current.abort();
    setFile(undefined);
    setFound(undefined);
    setError(undefined);
  };
  const add = () =>
    attempt("add", async (signal) => {
      const body = formOf(file!, { name: name.trim() || undefined, manifest: manifestOf(fields), activate });
      const model = await call<ModelView>("POST", "/api/v1/models", body, { signal });
      say(`${model.name} is added`);
      close();
      onAdded();
    });

  const said = manifestOf(fields);
  return (
    <Panel title="Add a model" wide>
      <div class="stack">
        <ModelDrop busy={busy === "inspect"} onFile={take} />
        {file && (
          <form
            class="stack"
            noValidate
            onSubmit={(event) => {
              event.preventDefault();
              void add();
            }}
          >
            <h3>
              {file.name} <span class="faint small">{bytesText(file.size)}</span>
            </h3>
            {busy === "inspect" && <Loading what="Looking at it" />}
            {found && (
              <>
                <Recognised found={found} />
                <Questions found={found} fields={fields} onChange={(change) => setFields({ ...fields, ...change })} />
                {said && (
                  <div class="actions">
                    <Button onClick={() => void inspect(file, fields)}>Look again with this</Button>
                  </div>
                )}
                <div class="columns narrow">
                  <Field
                    label="Model's name"
                    value={name}
                    placeholder={found.name}
                    hint="An existing one gets another version."
                    onValue={setName}
                    autocomplete="off"
                  />
                </div>
                <Check label="Use this version at once" checked={activate} onValue={setActivate} />
              </>
            )}
            {error !== undefined && <ErrorNote error={error} />}
            <div class="actions">
              <Button onClick={close}>Cancel</Button>
              {found && (
                <Button kind="primary" type="submit" busy={busy === "add"} disabled={!found.usable && !said}>
                  Add the model
                </Button>
              )}
            </div>
          </form>
        )}
      </div>
    </Panel>
  );
}

function Recognised({ found }: { found: ModelInspection }) {
  const { usable, error, task, adapter, knownAs } = found;
  return (
    <>
      {usable
        ? <p class="note" role="status">{`Recognised: ${task}, read by the adapter ${adapter}.`}</p>
        : <p class="note error" role="alert">{error?.message ?? "It cannot be used as it is"}</p>}
      {knownAs !== undefined && <p class="note warn">{`This very file is here already, as ${knownAs}.`}</p>}
      <details>
        <summary>Inputs, outputs and labels</summary>
        <ModelFacts model={found} />
      </details>
    </>
  );
}

/** A question for each thing that the file leaves open, and none for what it does not. */
function Questions({ found: { toCheck, error }, fields, onChange }: {
  found: ModelInspection;
  fields: ManifestFields;
  onChange(change: Partial<ManifestFields>): void;
}) {
  return (
    <>
      {toCheck.map(({ field, message }) => (
        <div key={`${field} ${message}`} class="stack open-question">
          {message !== error?.message && <p class="small">{message}</p>}
          {field === "labels" && (
            <Labelled label="Labels" hint="One a line, in the order of the model's classes.">
              <textarea
                rows={4}
                spellcheck={false}
                value={fields.labels}
                onInput={(event: Event) => onChange({ labels: (event.currentTarget as HTMLTextAreaElement).value })}
              />
            </Labelled>
          )}
          {field === "adapter" && (
            <Field
              label="Adapter"
              value={fields.adapter}
              onValue={(adapter) => onChange({ adapter })}
              autocomplete="off"
            />
          )}
          {field === "input" && (
            <div class="columns narrow">
              <Field
                label="Size"
                placeholder="640x640"
                value={fields.size}
                onValue={(size) => onChange({ size })}
                autocomplete="off"
              />
              <Select
                label="Colours"
                value={fields.colour}
                options={[
                  { value: "", text: "As assumed" },
                  { value: "rgb", text: "Red, green, blue" },
                  { value: "bgr", text: "Blue, green, red" },
                  { value: "gray", text: "Grey" },
                ]}
                onValue={(colour) => onChange({ colour })}
              />
              <Select
                label="Pixels become"
                value={fields.pixels}
                options={[
                  { value: "", text: "As assumed" },
                  ...Object.entries(PIXELS).map(([value, { text }]) => ({ value, text })),
                ]}
                onValue={(pixels) => onChange({ pixels })}
              />
            </div>
          )}
        </div>
      ))}
    </>
  );
}

function formOf(
  file: File,
  { name, manifest, activate = false }: { name?: string | undefined; manifest?: unknown; activate?: boolean },
): FormData {
  const form = new FormData();
  if (name !== undefined) form.set("name", name);
  if (manifest !== undefined) form.set("manifest", JSON.stringify(manifest));
  if (activate) form.set("activate", "true");
  form.set("file", file, file.name);
  return form;
}
