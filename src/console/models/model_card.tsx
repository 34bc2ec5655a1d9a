import type { ModelState, ModelView } from "../../core/services.ts";
import { hrefTo } from "../router.ts";
import { countText, msText } from "../ui/format.ts";
import { Panel } from "../ui/panel.tsx";
import { Stat, Stats } from "../ui/stat.tsx";
import { Badge } from "../ui/state_badge.tsx";
import { ModelDownload } from "./model_download.tsx";
import { ModelFacts } from "./model_facts.tsx";
import { ModelVersions } from "./model_versions.tsx";

const STATES: Record<
  ModelState,
  { tone: "good" | "busy" | "warn" | "bad" | "calm"; text: string }
> = {
  ready: { tone: "good", text: "ready" },
  loading: { tone: "busy", text: "loading" },
  failing: { tone: "warn", text: "copies fail" },
  failed: { tone: "bad", text: "cannot be loaded" },
  unloaded: { tone: "calm", text: "not loaded" },
};

/** One model: how it runs, who uses it, what goes in and comes out. */
export function ModelCard({ model, onChanged }: { model: ModelView; onChanged(): void }) {
  const { name, state, cause, task, users, declared, builtIn, registry, download, why } = model;
  // No stream names it; the part of Weir that it is for does.
  const aside = task === "signal";
  const marks = [task, model.default && "default", declared && "declared", builtIn && "built in"].filter(Boolean);
  return (
    <Panel title={name} actions={<Badge {...STATES[state]} />}>
      <div class="stack">
        <p class="faint small">{marks.join(" · ")}</p>
        {download && <ModelDownload name={name} download={download} onChanged={onChanged} />}
        {aside && <p class="faint small">{`It takes no pictures; ${why?.[0] ?? "a part of Weir uses it"}.`}</p>}
        {cause !== undefined && cause !== download?.cause && (
          <p class={`note ${state === "failed" ? "error" : "warn"}`}>{cause}</p>
        )}
        {model.replicas && <Running model={model} />}
        <p class="small" hidden={aside}>
          {users.length === 0 ? <span class="faint">No stream uses it.</span> : <>Used by {links(users)}</>}
        </p>
        {registry && <ModelVersions name={name} registry={registry} onChanged={onChanged} />}
        {model.inputs && (
          <details>
            <summary>Inputs, outputs and labels</summary>
            <ModelFacts model={model} />
          </details>
        )}
      </div>
    </Panel>
  );
}

function Running({ model }: { model: ModelView }) {
  const {
    replicas = {},
    runs = 0,
    frames = 0,
    failures = 0,
    queueDepth,
    meanBatch,
    inferMs,
    maxBatch,
  } = model;
  const { running = 0, ...others } = replicas;
  const rest = Object.entries(others).map(([state, count]) => `${count} ${state}`).join(", ");
  const provider = model.provider ?? model.device;
  return (
    <>
      <Stats>
        {inferMs && runs > 0 && <Stat label="Run, typical" value={msText(inferMs.p50)} unit="ms" />}
        {inferMs && runs > 0 && <Stat label="95 % within" value={msText(inferMs.p95)} unit="ms" />}
        {queueDepth !== undefined && (
          <Stat
            label="Waiting"
            value={countText(queueDepth)}
            hint="Frames in its queue"
          />
        )}
        <Stat label="Frames" value={countText(frames)} />
        {maxBatch !== undefined && maxBatch > 1 && meanBatch !== undefined &&
          (
            <Stat
              label="In one run"
              value={meanBatch.toFixed(1)}
              hint={`Of at most ${maxBatch}`}
            />
          )}
        {failures > 0 && <Stat label="Failed runs" value={countText(failures)} />}
        <Stat label="Copies" value={`${running}${rest && ` (${rest})`}`} />
        {provider !== undefined && <Stat label="Runs on" value={provider} />}
        {model.threads !== undefined && <Stat label="Threads each" value={countText(model.threads)} />}
      </Stats>
      {inferMs && runs > 0 && <Spread {...inferMs} />}
    </>
  );
}

/** From the fastest run to the slowest: where half of them lie, and the last few. */
function Spread(
  { min, p50, p95, p99, max }: {
    min: number;
    p50: number;
    p95: number;
    p99: number;
    max: number;
  },
) {
  const room = Math.max(max, 0.001);
  const x = (ms: number) => 100 * ms / room;
  const words = `Runs take ${msText(min)} to ${msText(max)} ms: half of them up to ${msText(p50)}, ` +
    `95 % up to ${msText(p95)}, 99 % up to ${msText(p99)}`;
  return (
    <figure class="spread">
      <svg
        viewBox="0 0 100 10"
        preserveAspectRatio="none"
        role="img"
        aria-label={words}
      >
        <rect
          class="all"
          x={x(min)}
          y="4"
          width={Math.max(0.5, x(max) - x(min))}
          height="2"
        />
        <rect
          class="most"
          x={x(min)}
          y="2"
          width={Math.max(0.5, x(p95) - x(min))}
          height="6"
        />
        <line class="half" x1={x(p50)} x2={x(p50)} y1="0" y2="10" vector-effect="non-scaling-stroke" />
      </svg>
      <figcaption class="faint small">{words}.</figcaption>
    </figure>
  );
}

function links(users: readonly string[]) {
  return users.map((user, index) => (
    <span key={user}>
      {index > 0 && ", "}
      <a href={hrefTo("streams", user)}>{user}</a>
    </span>
  ));
}
