import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { modelChoices, refreshModelChoices } from "../models/model_list.ts";
import { hrefTo } from "../router.ts";
import { Button } from "../ui/button.tsx";
import { Select } from "../ui/field.tsx";
import { ErrorNote } from "../ui/note.tsx";
import { PageHead, Panel } from "../ui/panel.tsx";
import { adviceFor } from "../vitals/advice.ts";
import { ChannelsChart, SpectrumChart } from "../vitals/charts.tsx";
import { HistoryPanel } from "../vitals/history_panel.tsx";
import { RateCard } from "../vitals/rate_card.tsx";
import { SendingClip } from "../vitals/sending_clip.tsx";
import { ServedPicture } from "../vitals/served_picture.tsx";
import { StartChoices } from "../vitals/start_choices.tsx";
import { TipsPanel } from "../vitals/tips_panel.tsx";
import { VitalsSession } from "../vitals/vitals_session.ts";
import { faceModel, faceModels } from "../vitals/vitals_settings.ts";
import { WaveCanvas } from "../vitals/wave_canvas.tsx";
import { SendingNote } from "../webcam/sending_note.tsx";
import { SettingsForm } from "../webcam/settings_form.tsx";
import { Stage } from "../webcam/stage.tsx";

/** The heart rate of the face before this device's camera, in a clip, or of a head whose heart is known. */
export function VitalsPage() {
  const session = useMemo(() => new VitalsSession(), []);
  const chosen = useSignal<number | undefined>(undefined);
  useEffect(() => {
    void refreshModelChoices();
    return () => session[Symbol.dispose]();
  }, []);

  const { camera: webcam, record } = session;
  const settings = session.settings.value;
  const wished = session.served.value, clip = session.clip.value;
  // What the server will not have is as good as never begun.
  const refused = wished && !wished.stream.made.value ? wished.stream.fault.value : clip?.fault;
  const served = refused === undefined ? wished : undefined;
  const camera = webcam.camera.value, status = webcam.status.value;
  const running = status !== undefined || served !== undefined;
  const { mirror = camera?.looksBack ?? settings.facing === "user" } = settings;
  const heard = running ? record.heard.value : undefined;
  const faces = heard?.faces ?? [];
  const face = faces.find(({ track }) => track === chosen.value) ?? faces[0];
  const wanted = face?.track === chosen.value ? chosen.value : undefined;
  const rows = useMemo(() => record.of(wanted), [record.heard.value, wanted]);
  const fixed = faceModel(settings, modelChoices.value) === "";
  const wave = useMemo(
    () => face?.wave && { ...face.wave, atMs: performance.now() },
    [heard],
  );
  const finder = (
    <FaceFinder
      chosen={faceModel(settings, modelChoices.value)}
      onChoose={(faces) => session.change({ faces })}
    />
  );
  const settingsPanel = served ? <Panel title="Model">{finder}</Panel> : (
    <Panel title="Camera and model">
      <SettingsForm
        settings={settings}
        cameras={webcam.cameras.value}
        mirror={mirror}
        running={running}
        onChange={(change) => session.change(change)}
      >
        {finder}
      </SettingsForm>
    </Panel>
  );
  return (
    <>
      <PageHead
        title="Vitals"
        lead="Heart rate from the colour of skin. Not a medical device."
        actions={running && <Button kind="danger" onClick={() => session.stop()}>Stop</Button>}
      />
      <div class="vitals">
        <div class="stack">
          {served ? <ServedPicture {...served} /> : running
            ? (
              <>
                <Stage
                  camera={camera}
                  answer={webcam.answer.value}
                  mirror={mirror}
                  live={status?.state === "open"}
                />
                <SendingNote status={status} fault={webcam.fault.value} retry={() => webcam.retry()} />
              </>
            )
            : clip && refused === undefined
            ? <SendingClip clip={clip} onStop={() => session.stop()} />
            : (
              <>
                <StartChoices
                  opening={webcam.opening.value}
                  onCamera={() => void session.useCamera()}
                  onClip={(file) => void session.playClip(file)}
                  onSample={() => void session.playSample()}
                />
                {webcam.fault.value !== undefined && (
                  <div class="note error" role="alert">
                    <p>{webcam.fault.value}</p>
                  </div>
                )}
                {refused !== undefined && <ErrorNote error={refused} shown={["file"]} />}
              </>
            )}
        </div>
        <div class="stack">
          {running
            ? (
              <>
                <RateCard
                  face={face}
                  faces={faces}
                  chosen={wanted}
                  advice={adviceFor((face ?? heard)?.reasons ?? [], { fixed })}
                  onChoose={(track) => chosen.value = track}
                />
                <Panel title="Pulse wave">
                  <WaveCanvas wave={wave} sure={face?.bpm !== undefined} />
                </Panel>
              </>
            )
            : (
              <>
                <TipsPanel />
                {settingsPanel}
              </>
            )}
        </div>
        <div class="vitals-charts">
          {running && (
            <>
              <Panel title="Spectrum">
                <figure class="chart" aria-label="How strong each rate is in the wave">
                  <SpectrumChart spectrum={face?.spectrum} interval={face?.interval} />
                  <figcaption class="faint small">Beats a minute; the rate's interval is filled.</figcaption>
                </figure>
              </Panel>
              <Panel title="Colours of the skin">
                <figure class="chart" aria-label="How red, green and blue changed over the last seconds">
                  <ChannelsChart colours={record.colours(face?.track)} />
                </figure>
              </Panel>
            </>
          )}
          {(running || rows.length > 0) && <HistoryPanel rows={rows} record={record} />}
          {running && settingsPanel}
        </div>
      </div>
    </>
  );
}

function FaceFinder({ chosen, onChoose }: { chosen: string; onChoose(name: string): void }) {
  return (
    <Select
      label="The face is found by"
      {...(chosen === "" && {
        hint: (
          <>
            Nothing: the pulse is read in the middle of the picture. Models that find faces are on the page{" "}
            <a href={hrefTo("models")}>Models</a>.
          </>
        ),
      })}
      value={chosen}
      options={[
        { value: "", text: "Nothing: hold it in the dashed frame" },
        ...faceModels(modelChoices.value).map(({ name }) => ({ value: name, text: name })),
      ]}
      onValue={onChoose}
    />
  );
}
