import type { ModelInspection } from "../../core/model_registry.ts";
import type { ModelPort, ModelView } from "../../core/services.ts";
import { bytesText } from "../ui/format.ts";

/** What goes into a model and comes out, and what it was recognised by. */
export function ModelFacts({ model }: { model: ModelView | ModelInspection }) {
  const { inputs = [], outputs = [], labels, adapter, why = [], bytes, sha256, licence } = model;
  const { file, version } = model as ModelView;
  const rows: [string, string | undefined][] = [
    ["Adapter", adapter],
    ["Recognised by", why.length === 0 ? undefined : why.join("; ")],
    [
      "Labels",
      labels && `${labels.count}: ${labels.first.join(", ")}${labels.count > labels.first.length ? " …" : ""}`,
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
