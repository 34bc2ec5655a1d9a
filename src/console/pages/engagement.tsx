import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { engagementOf, EngagementRecord } from "../engagement/engagement_record.ts";
import {
  candidates,
  type EngagementModels,
  engagementPipeline,
  type EngagementSettings,
  INTERVALS,
  loadEngagementSettings,
  modelsFor,
  saveEngagementSettings,
} from "../engagement/engagement_settings.ts";
import { Gauges } from "../engagement/gauges.tsx";
import { modelChoices, refreshModelChoices } from "../models/model_list.ts";
import { hrefTo } from "../router.ts";
import { Button, ButtonLink } from "../ui/button.tsx";
import { Select } from "../ui/field.tsx";
import { Empty } from "../ui/note.tsx";
import { PageHead, Panel } from "../ui/panel.tsx";
import { mayUseCameras } from "../webcam/camera.ts";
import { NoCameras } from "../webcam/no_cameras.tsx";
import { SendingNote } from "../webcam/sending_note.tsx";
import { SettingsForm } from "../webcam/settings_form.tsx";
import { Stage } from "../webcam/stage.tsx";
import { WebcamSession } from "../webcam/webcam_session.ts";

const PARTS: readonly { part: keyof EngagementModels; label: string; lacks: string }[] = [
  { part: "faces", label: "Faces are found by", lacks: "a model that finds faces" },
  { part: "embedding", label: "Their look is read by", lacks: "a model that turns a face into numbers (an embedding)" },
  { part: "heads", label: "And judged by", lacks: "heads that read these numbers" },
];

/** Why there are no gauges, by what the analyzer says it lacks. */
const UNSEEN: Readonly<Record<string, string>> = {
  "": "No face is seen.",
  heads: "No face is seen.",
  tracks: "Faces are seen, none surely enough to be followed.",
};

/** How engaged the faces before this device's camera look, over time. */
export function EngagementPage() {
  const settings = useSignal(useMemo(loadEngagementSettings, []));
  const record = useMemo(() => new EngagementRecord(), []);
  const chosen = useSignal<number | undefined>(undefined);
  const session = useMemo(
    () => new WebcamSession<EngagementSettings>(complete(settings.peek()), engagementPipeline),
    [],
  );
  useEffect(() => {
    void refreshModelChoices();
    return () => session[Symbol.dispose]();
  }, []);
  const answer = session.answer.value;
  const reading = answer && engagementOf(answer.result.outputs);
  useMemo(() => reading && record.push(reading), [answer]);
  if (!mayUseCameras()) return <NoCameras title="Engagement" />;

  const models = modelsFor(settings.value, modelChoices.value);
  const missing = modelChoices.value === undefined ? [] : PARTS.filter(({ part }) => models[part] === undefined);
  const change = (change: Partial<EngagementSettings>) => {
    settings.value = { ...settings.peek(), ...change };
    saveEngagementSettings(settings.peek());
    session.set(complete(settings.peek()));
  };
  const start = async () => {
    if (modelChoices.peek() === undefined) await refreshModelChoices();
    saveEngagementSettings(settings.peek());
    session.set(complete(settings.peek()));
    await session.start();
  };
  const status = session.status.value;
  const camera = session.camera.value;
  const running = status !== undefined;
  const { mirror = camera?.looksBack ?? settings.value.facing === "user" } = settings.value;
  const faces = reading?.faces ?? [];
  const face = faces.find(({ track }) => track === chosen.value) ?? faces[0];
  return (
    <>
      <PageHead
        title="Engagement"
        lead="How the faces before this device's camera look, averaged over time. Nobody is recognised."
        actions={running ? <Button kind="danger" onClick={() => session.stop()}>Stop</Button> : (
          <Button
            kind="primary"
            busy={session.opening.value}
            disabled={missing.length > 0}
            onClick={() => void start()}
          >
            Start
          </Button>
        )}
      />
      <div class="webcam">
        <div class="stack">
          {missing.length > 0
            ? (
              <Empty
                title="A model is missing"
                actions={<ButtonLink kind="primary" href={hrefTo("models")}>To the models</ButtonLink>}
              >
                {`This server has not got ${missing.map(({ lacks }) => lacks).join(", nor ")}.`}
              </Empty>
            )
            : <Stage camera={camera} answer={answer} mirror={mirror} live={status?.state === "open"} />}
          <SendingNote status={status} fault={session.fault.value} retry={() => session.retry()} />
        </div>
        <div class="stack">
          <Panel
            title="Face"
            actions={faces.length > 1 && (
              <select
                aria-label="Which face"
                value={`${face.track}`}
                onChange={(event) => chosen.value = Number(event.currentTarget.value)}
              >
                {faces.map(({ track }) => <option key={track} value={`${track}`}>{`Face ${track ?? ""}`}</option>)}
              </select>
            )}
          >
            <div class="stack">
              {face && Object.keys(face.heads).length > 0 ? <Gauges face={face} record={record} /> : (
                <p class="faint">
                  {running ? UNSEEN[reading?.needs ?? ""] : "Gauges appear here once a face is seen."}
                </p>
              )}
              <p class="faint small">
                {`${faces.length} ${faces.length === 1 ? "face" : "faces"} now, ${reading?.total ?? 0} so far`}
              </p>
              {reading?.notice !== undefined && <p class="note warn small">{reading.notice}</p>}
            </div>
          </Panel>
          <Panel title="Camera and models">
            <SettingsForm
              settings={settings.value}
              cameras={session.cameras.value}
              mirror={mirror}
              running={running}
              onChange={change}
            >
              <Select
                label="A face is judged"
                value={`${settings.value.everyS}`}
                options={INTERVALS.map((interval) => ({ value: `${interval}`, text: `every ${interval} s` }))}
                onValue={(everyS) => change({ everyS: Number(everyS) })}
              />
              {PARTS.map(({ part, label }) => (
                <Select
                  key={part}
                  label={label}
                  value={models[part] ?? ""}
                  options={optionsFor(part)}
                  onValue={(name) => change({ [part]: name })}
                />
              ))}
            </SettingsForm>
          </Panel>
        </div>
      </div>
    </>
  );
}

function optionsFor(part: keyof EngagementModels): { value: string; text: string }[] {
  const names = candidates(part, modelChoices.value ?? []);
  return [{ value: "", text: "None" }, ...names.map((name) => ({ value: name, text: name }))];
}

/** The settings with the models that stand for what is not chosen. */
function complete(settings: EngagementSettings): EngagementSettings {
  return { ...settings, ...modelsFor(settings, modelChoices.peek()) };
}
