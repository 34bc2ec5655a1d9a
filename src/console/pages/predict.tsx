import { useEffect, useRef, useState } from "preact/hooks";
import type { Prediction } from "../../core/services.ts";
import { call } from "../api/client.ts";
import { firstModel, modelChoices, modelOptions, refreshModelChoices } from "../models/model_list.ts";
import { DropZone } from "../predict/drop_zone.tsx";
import { FoundList } from "../predict/found_list.tsx";
import { sendable } from "../predict/image_file.ts";
import { PredictedPicture } from "../predict/predicted_picture.tsx";
import { TimingBar } from "../predict/timing_bar.tsx";
import { msText } from "../ui/format.ts";
import { Field, Select } from "../ui/field.tsx";
import { ErrorNote, Loading } from "../ui/note.tsx";
import { PageHead, Panel } from "../ui/panel.tsx";
import { Tabs } from "../ui/tabs.tsx";

interface Answered {
  prediction: Prediction;
  roundTripMs: number;
}

/** Runs one image through a model: what is found, drawn and as JSON, and the time it took. */
export function PredictPage() {
  const [image, setImage] = useState<Blob | undefined>();
  const [model, setModel] = useState<string | undefined>();
  const [minScore, setMinScore] = useState("");
  const [answered, setAnswered] = useState<Answered | undefined>();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const running = useRef(new AbortController());
  useEffect(() => {
    void refreshModelChoices();
    return () => running.current.abort();
  }, []);
  const choices = modelChoices.value;
  const chosen = model ?? firstModel(choices);
  const wanted = { image, model: chosen, minScore: minScore.trim().replace(",", ".") };

  const run = async () => {
    running.current.abort();
    if (!image || choices === undefined) return;
    const { signal } = running.current = new AbortController();
    setBusy(true);
    setError(undefined);
    try {
      const body = await sendable(image);
      const beganAt = performance.now();
      const prediction = await call<Prediction>("POST", addressOf(wanted), body, { signal });
      setAnswered({ prediction, roundTripMs: performance.now() - beganAt });
    } catch (error) {
      if (signal.aborted) return;
      setAnswered(undefined);
      setError(error);
    } finally {
      if (running.current.signal === signal) setBusy(false);
    }
  };
  useEffect(() => void run(), [image, chosen, wanted.minScore, choices === undefined]);

  return (
    <>
      <PageHead
        title="Predict"
        lead="One image through one model: dropped, pasted or chosen, and forgotten afterwards."
      />
      <div class="predict">
        <div class="stack">
          <DropZone
            small={image !== undefined}
            onImage={(image) => {
              setAnswered(undefined);
              setImage(image);
            }}
          />
          {image && <PredictedPicture image={image} prediction={answered?.prediction} />}
          {busy && <Loading what="Looking" />}
          {error !== undefined && (
            <ErrorNote
              error={error}
              retry={() => void run()}
            />
          )}
        </div>
        <div class="stack">
          <Panel title="Model">
            <div class="stack">
              <Select
                label="Model"
                value={chosen}
                options={modelOptions(choices, { chosen })}
                onValue={setModel}
              />
              <Field
                label="Least score"
                hint="0 to 1; empty for the model's own."
                inputMode="decimal"
                value={minScore}
                onValue={setMinScore}
              />
            </div>
          </Panel>
          {answered && <Answer {...answered} />}
        </div>
      </div>
    </>
  );
}

function Answer({ prediction, roundTripMs }: Answered) {
  const { frame, outputs, timings } = prediction;
  return (
    <Panel title={`${msText(roundTripMs)} ms`}>
      <div class="stack">
        <p class="faint small">
          There and back, for an image of {frame.width} × {frame.height} pixels.
        </p>
        <TimingBar timings={timings} roundTripMs={roundTripMs} />
        <Tabs
          label="The answer"
          tabs={[
            { name: "Found", render: () => <FoundList outputs={outputs} /> },
            {
              name: "JSON",
              render: () => <pre class="json" tabIndex={0}>{JSON.stringify(prediction, null, 2)}</pre>,
            },
          ]}
        />
      </div>
    </Panel>
  );
}

function addressOf({ model, minScore }: { model: string; minScore: string }): string {
  const query = new URLSearchParams({ ...(model !== "" && { model }), ...(minScore !== "" && { minScore }) });
  return `/predict?${query}`;
}
