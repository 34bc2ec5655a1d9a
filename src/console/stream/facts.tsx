import type { StreamView } from "../../core/services.ts";
import { Badge } from "../ui/state_badge.tsx";
import { bytesText, countText, durationText } from "../ui/format.ts";
import { DROP_PARTS } from "./series.ts";

/** What a stream is, and what its source says of itself. */
export function Facts(
  { view: { registration, address, status, origin, sinks } }: {
    view: StreamView;
  },
) {
  const source = status?.properties;
  const { mode, fps, every, maxAgeMs, weight } = registration.policy;
  const policy = [
    mode,
    fps !== undefined && `at most ${fps} fps`,
    every !== undefined && `every ${every}. frame`,
    maxAgeMs !== undefined && `${maxAgeMs} ms old at most`,
    weight !== 1 && `weight ${weight}`,
  ];
  const rows: [string, string | undefined][] = [
    ["Address", address],
    [
      "Source",
      `${registration.source.kind}${source?.hardware ? `, decoded by ${source.hardware}` : ""}`,
    ],
    [
      "Picture",
      source &&
      `${source.width} × ${source.height}${source.fps ? ` at ${round(source.fps)} fps` : ""}`,
    ],
    ["Codec", source?.codec],
    [
      "Length",
      source?.durationMs === undefined ? undefined : durationText(source.durationMs),
    ],
    [
      "Steps",
      registration.pipeline.map((step) => "model" in step ? step.model : step.analyzer).join(" → ") || "none",
    ],
    ["Policy", policy.filter((part) => part !== false).join(", ")],
    [
      "Memory",
      source ? `${bytesText(status!.memoryBoundBytes)} at most` : undefined,
    ],
    [
      "Connections",
      status && `${status.epoch}, ${countText(status.restarts)} restarts`,
    ],
    ["Declared in", origin === "config" ? "the configuration file" : "the API"],
    ...Object.entries(registration.labels).map((
      [key, value],
    ): [string, string] => [key, value]),
  ];
  return (
    <>
      <dl class="facts">
        {rows.filter(([, value]) => value !== undefined).map((
          [name, value],
        ) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {sinks.length > 0 && (
        <ul class="sinks">
          {sinks.map(({ name, to, state }) => (
            <li key={name}>
              <Badge
                tone={state === "ok" ? "good" : state === "failing" ? "bad" : "calm"}
                text={state}
              />{" "}
              {name} <span class="faint">{to}</span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** Where every frame went: the accounts always come out even. */
export function Accounts({ view: { status } }: { view: StreamView }) {
  if (!status) return null;
  const { received, completed, dropped, inFlight, unaccounted } = status.frames;
  const rows = [
    { name: "received", count: received, hint: "Came out of the source" },
    { name: "completed", count: completed, hint: "Their result was published" },
    ...DROP_PARTS.filter(({ cause }) => dropped[cause] > 0)
      .map(({ name, cause, token, hint }) => ({
        name,
        count: dropped[cause],
        token,
        hint,
      })),
    { name: "under way", count: inFlight, hint: "In the pipeline now" },
  ];
  return (
    <>
      <table class="accounts">
        <tbody>
          {rows.map((row) => (
            <tr key={row.name} title={row.hint}>
              <th scope="row">
                {"token" in row && (
                  <span
                    class="swatch"
                    style={{ background: `var(${row.token})` }}
                  />
                )}
                {row.name}
              </th>
              <td class="figure">{countText(row.count)}</td>
              <td class="share">
                <span
                  class="bar"
                  style={{
                    width: `${received === 0 ? 0 : row.count / received * 100}%`,
                  }}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {unaccounted !== 0 && (
        <p class="note error">
          {unaccounted} frames are unaccounted for. This is a bug in Weir.
        </p>
      )}
      {status.fault && (
        <p class="note warn">
          {countText(status.fault.count)} frames {status.fault.cause}, the last one: {status.fault.message}
        </p>
      )}
    </>
  );
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
