import { useEffect, useRef, useState } from "preact/hooks";
import { type AddForm, emptyForm } from "../add/add_form.ts";
import { type FormFaults, formFaults } from "../add/form_faults.ts";
import { type Probed, ProbeResult } from "../add/probe_result.tsx";
import { registrationOf, sourceOf } from "../add/registration.ts";
import { refreshSceneChoices, sceneModel } from "../add/scenes.ts";
import { fieldOf, KindChoice, SourceFields } from "../add/source_fields.tsx";
import { suggestedName } from "../add/suggested_name.ts";
import { call } from "../api/client.ts";
import { firstModel, type ModelChoice, modelChoices, modelOptions, refreshModelChoices } from "../models/model_list.ts";
import { goTo } from "../router.ts";
import { refreshStreams, streams } from "../state/streams.ts";
import { Button } from "../ui/button.tsx";
import { Check, Field, Select } from "../ui/field.tsx";
import { ErrorNote, Loading } from "../ui/note.tsx";
import { PageHead, Panel } from "../ui/panel.tsx";
import { say } from "../ui/toasts.tsx";

const NO_FAULTS: FormFaults = { fields: {}, shown: [] };

/** Registers a stream, and tries its source before. */
export function AddPage() {
  const [filled, setForm] = useState<AddForm>(emptyForm);
  const [faults, setFaults] = useState(NO_FAULTS);
  const [probed, setProbed] = useState<Probed | undefined>();
  const [busy, setBusy] = useState<"probe" | "create" | undefined>();
  const probing = useRef(new AbortController());
  const [chosen, setChosen] = useState(false);
  useEffect(() => {
    const gone = new AbortController();
    void refreshModelChoices();
    void refreshSceneChoices(gone.signal);
    return () => {
      gone.abort();
      probing.current.abort();
    };
  }, []);
  const choices = modelChoices.value;
  const form = chosen ? filled : { ...filled, model: likelyModel(filled, choices) };

  const change = (change: Partial<AddForm>) => {
    if (change.model !== undefined) setChosen(true);
    // What was found was found elsewhere.
    if (Object.keys(change).some((name) => !AFTER_SOURCE.includes(name))) {
      forgetProbe();
    }
    setFaults((faults) => without(faults, Object.keys(change)));
    setForm((form) => ({ ...form, ...change }));
  };
  const forgetProbe = () => {
    if (busy === "probe") probing.current.abort();
    setProbed(undefined);
  };
  const attempt = async (kind: "probe" | "create", what: (signal: AbortSignal) => Promise<void>) => {
    probing.current.abort();
    const { signal } = probing.current = new AbortController();
    setFaults(NO_FAULTS);
    setBusy(kind);
    try {
      await what(signal);
    } catch (error) {
      if (!signal.aborted) setFaults(formFaults(error, form));
    } finally {
      if (probing.current.signal === signal) setBusy(undefined);
    }
  };
  const probe = () =>
    attempt("probe", async (signal) => {
      setProbed(undefined);
      const result = await call<Probed>("POST", "/api/v1/probe", { source: sourceOf(form) }, { signal });
      if (!signal.aborted) setProbed(result);
    });
  const taken = streams.value?.map(({ id }) => id) ?? [];
  const create = () =>
    attempt("create", async () => {
      // Somebody may be quicker than the server tells which models there are.
      if (modelChoices.peek() === undefined) await refreshModelChoices();
      const meant = chosen ? form : { ...form, model: likelyModel(form, modelChoices.peek()) };
      const { id } = await call<{ id: string }>("POST", "/api/v1/streams", registrationOf(meant, taken));
      say(`${id} is added`);
      await refreshStreams();
      goTo("streams", id);
    });

  const part = { form, faults: faults.fields, onChange: change };
  const own = form.kind === "scene" ? OWN_READINGS[form.scene] : undefined;
  return (
    <>
      <PageHead
        title="Add a stream"
        lead="Where the pictures come from, and what looks at them."
      />
      <form
        class="add"
        onSubmit={(event) => {
          event.preventDefault();
          void create();
        }}
        noValidate
      >
        <KindChoice {...part} />
        <Panel
          title="Source"
          actions={
            <Button busy={busy === "probe"} onClick={() => void probe()}>
              Test the connection
            </Button>
          }
        >
          <div class="stack">
            <SourceFields {...part} />
            {busy === "probe" && <Loading what="Connecting" />}
            {probed && <ProbeResult result={probed} />}
          </div>
        </Panel>
        <div class="stack">
          <Panel title="Pipeline">
            <div class="stack">
              <Select
                label="Model"
                hint={own?.(form.model)}
                options={modelOptions(choices, { none: "None: only pictures", chosen: form.model })}
                {...fieldOf(part, "model")}
              />
              {form.model !== "" && (
                <>
                  <Check
                    label="Follow things over time"
                    checked={form.track}
                    onValue={(track) => change({ track })}
                  />
                  <Field
                    label="Least score"
                    hint="0 to 1; empty for the model's own."
                    inputMode="decimal"
                    {...fieldOf(part, "minScore")}
                  />
                </>
              )}
              <Field
                label="Frames a second at most"
                hint="Empty for all that there is time for."
                inputMode="decimal"
                {...fieldOf(part, "maxFps")}
              />
            </div>
          </Panel>
          <Panel title="Name">
            <div class="stack">
              <Field
                label="Name"
                placeholder={suggestedName(form, taken)}
                hint="Letters, digits, dots, dashes and underscores. Empty for the suggestion."
                autocomplete="off"
                {...fieldOf(part, "name")}
              />
              {faults.problem && <ErrorNote error={faults.problem} shown={faults.shown} />}
              <div class="actions">
                <Button kind="primary" type="submit" busy={busy === "create"}>
                  Add the stream
                </Button>
              </div>
            </div>
          </Panel>
        </div>
      </form>
    </>
  );
}

/** The model for what nobody has chosen one for. */
function likelyModel({ kind, scene }: AddForm, choices: readonly ModelChoice[] | undefined): string {
  return kind === "scene" ? sceneModel(scene, choices) : firstModel(choices);
}

/** What is read out of a scene besides what a model finds. */
const OWN_READINGS: Partial<Record<string, (model: string) => string | undefined>> = {
  counter: (model) => model === "" ? "The number in the picture is read back." : undefined,
  portrait: (model) =>
    model === "" ? "The pulse is read in the middle of the picture." : "The pulse is read of the face that it finds.",
};

/** Fields that change nothing about what a test connection found. */
const AFTER_SOURCE: readonly string[] = [
  "model",
  "track",
  "minScore",
  "maxFps",
  "name",
] satisfies (keyof AddForm)[];

/** The faults without those of fields that have been changed since. */
function without({ fields, ...rest }: FormFaults, changed: readonly string[]): FormFaults {
  return { ...rest, fields: Object.fromEntries(Object.entries(fields).filter(([name]) => !changed.includes(name))) };
}
