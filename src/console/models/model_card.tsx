import type { ModelPort, ModelState, ModelView } from "../../core/services.ts";
import { hrefTo } from "../router.ts";
import { bytesText, countText, msText } from "../ui/format.ts";
import { Panel } from "../ui/panel.tsx";
import { Stat, Stats } from "../ui/stat.tsx";
import { Badge } from "../ui/state_badge.tsx";

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
export function ModelCard({ model }: { model: ModelView }) {
  const { name, state, cause, task, users, declared, builtIn } = model;
  const marks = [task, model.default && "default", declared && "declared", builtIn && "built in"].filter(Boolean);
  return (
    <Panel title={name} actions={<Badge {...STATES[state]} />}>
      <div class="stack">
        <p class="faint small">{marks.join(" · ")}</p>
        {cause !== undefined && <p class={`note ${state === "failed" ? "error" : "warn"}`}>{cause}</p>}
        {model.replicas && <Running model={model} />}
        <p class="small">
          {users.length === 0 ? <span class="faint">No stream uses it.</span> : <>Used by {links(users)}</>}
        </p>
        {model.inputs && (
          <details>
            <summary>Inputs, outputs and labels</summary>
            <Facts model={model} />
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
        {inferMs && runs > 0 && <Stat label="95 % within" value={msText(inferMs.p95)} unit="ms" />}
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
    `95 % up to ${msText(p95)}, 99 % up to ${msText(p99)}`;
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

function Facts({ model }: { model: ModelView }) {
  const {
    inputs = [],
    outputs = [],
    labels,
    adapter,
    why = [],
    file,
    bytes,
    sha256,
    licence,
    version,
  } = model;
  const rows: [string, string | undefined][] = [
    ["Adapter", adapter],
    ["Recognised by", why.length === 0 ? undefined : why.join("; ")],
    [
      "Labels",
      labels &&
      `${labels.count}: ${labels.first.join(", ")}${labels.count > labels.first.length ? " …" : ""}`,
    ],
    ["File", file && `${file}${bytes === undefined ? "" : `, ${bytesText(bytes)}`}`],
    ["SHA-256", sha256],
    ["Licence", licence],
    ["Version", version],
  ];
  return (
    <dl class="facts">
      {inputs.map((port) => <PortRow key={`in ${port.name}`} name="Input" port={port} />)}
      {outputs.map((port) => <PortRow key={`out ${port.name}`} name="Output" port={port} />)}
      {rows.map(([name, text]) =>
        text !== undefined && (
          <div key={name}>
            <dt>{name}</dt>
            <dd class={name === "SHA-256" ? "mono" : undefined}>{text}</dd>
          </div>
        )
      )}
    </dl>
  );
}

function PortRow({ name, port }: { name: string; port: ModelPort }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <code>{port.name}</code> {port.type}
        {port.shape && ` [${port.shape.join(" × ")}]`}
      </dd>
    </div>
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
