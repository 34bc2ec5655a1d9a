import type { ModelView } from "../../core/services.ts";
import { call } from "../api/client.ts";
import { refusedTo } from "../state/identity.ts";
import { AddModel } from "../models/add_model.tsx";
import { ModelCard } from "../models/model_card.tsx";
import { ZooList } from "../models/zoo_list.tsx";
import { usePolled } from "../system/use_polled.ts";
import { Empty, ErrorNote, Loading } from "../ui/note.tsx";
import { PageHead, Panel } from "../ui/panel.tsx";

const EVERY_MS = 2000;

/** The models of the server: what is loaded, how it runs, who uses it, and more to be added. */
export function ModelsPage() {
  const { value: models, error, again } = usePolled(load, EVERY_MS);
  const why = refusedTo("admin");
  return (
    <>
      <PageHead
        title="Models"
        lead="A model is loaded when the first stream asks for it, or at the start if declared."
      />
      {models
        ? models.length === 0
          ? (
            <Empty title="There are no models">
              Name an ONNX file in a stream's pipeline, or declare it under <code>models:</code> in the configuration.
            </Empty>
          )
          : (
            <div class="columns">
              {models.map((model) => <ModelCard key={model.name} model={model} onChanged={again} />)}
              {why === undefined ? <AddModel onAdded={again} /> : (
                <Panel title="Add a model" wide>
                  <p class="faint">{`${why}.`}</p>
                </Panel>
              )}
              <Panel title="Public models" wide>
                <details>
                  <summary>Models that Weir knows and can fetch</summary>
                  <ZooList onPulled={again} />
                </details>
              </Panel>
            </div>
          )
        : error === undefined
        ? <Loading />
        : <ErrorNote error={error} retry={again} />}
    </>
  );
}

async function load(signal: AbortSignal): Promise<ModelView[]> {
  return (await call<{ models: ModelView[] }>("GET", "/api/v1/models", undefined, { signal })).models;
}
