import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { hrefTo } from "../router.ts";
import { firstModel, modelChoices, refreshModelChoices } from "../models/model_list.ts";
import { Button } from "../ui/button.tsx";
import { PageHead, Panel } from "../ui/panel.tsx";
import { mayUseCameras } from "../webcam/camera.ts";
import { NoCameras } from "../webcam/no_cameras.tsx";
import { SendingNote } from "../webcam/sending_note.tsx";
import { SentFigures } from "../webcam/sent_figures.tsx";
import { loadSettings, saveSettings, type WebcamSettings } from "../webcam/settings.ts";
import { SettingsForm } from "../webcam/settings_form.tsx";
import { Stage } from "../webcam/stage.tsx";
import { WebcamSession } from "../webcam/webcam_session.ts";

/** This device's camera: its pictures go to the server, and what is found in them comes back. */
export function WebcamPage() {
  const settings = useSignal(useMemo(loadSettings, []));
  const session = useMemo(() => new WebcamSession(settings.peek()), []);
  useEffect(() => {
    void refreshModelChoices();
    return () => session[Symbol.dispose]();
  }, []);
  if (!mayUseCameras()) return <NoCameras title="Webcam" />;

  const complete = () => ({ model: firstModel(modelChoices.peek()), ...settings.peek() });
  const change = (change: Partial<WebcamSettings>) => {
    settings.value = { ...settings.peek(), ...change };
    saveSettings(settings.peek());
    session.set(complete());
  };
  const start = async () => {
    if (modelChoices.peek() === undefined) await refreshModelChoices();
    // Under the same name the next time.
    saveSettings(settings.peek());
    session.set(complete());
    await session.start();
  };
  const status = session.status.value;
  const camera = session.camera.value;
  const running = status !== undefined;
  const { mirror = camera?.looksBack ?? settings.value.facing === "user" } = settings.value;
  return (
    <>
      <PageHead
        title="Webcam"
        lead="This device's camera goes to the server picture by picture; what is found in them comes back."
        actions={running
          ? <Button kind="danger" onClick={() => session.stop()}>Stop</Button>
          : (
            <Button kind="primary" busy={session.opening.value} onClick={() => void start()}>
              Start
            </Button>
          )}
      />
      <div class="webcam">
        <div class="stack">
          <Stage
            camera={camera}
            answer={session.answer.value}
            mirror={mirror}
            live={status?.state === "open"}
          />
          <SendingNote
            status={status}
            fault={session.fault.value}
            retry={() => session.retry()}
          />
        </div>
        <div class="stack">
          <Panel title="Figures">
            <div class="stack">
              <SentFigures status={status} answer={session.answer.value} />
              {running && (
                <a href={hrefTo("streams", settings.value.name)} target="_blank" rel="noopener">
                  Look at it as a stream, in another tab
                </a>
              )}
            </div>
          </Panel>
          <Panel title="Camera">
            <SettingsForm
              settings={settings.value}
              cameras={session.cameras.value}
              mirror={mirror}
              running={running}
              onChange={change}
            />
          </Panel>
        </div>
      </div>
    </>
  );
}
