import { rateText } from "../ui/format.ts";
import type { ModelThroughput } from "./throughput.ts";

/** What every model does beside what it could do. */
export function ThroughputTable({ rows }: { rows: readonly ModelThroughput[] }) {
  if (rows.length === 0) return <p class="faint">No model is loaded.</p>;
  return (
    <>
      <div class="table-room" tabIndex={0} role="group" aria-label="Throughput of models">
        <table class="bars">
          <tbody>
            {rows.map(({ name, fps, ceilingFps }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td class="figure">
                  {fps === undefined ? "–" : rateText(fps)}
                  <span class="faint">{` of ${ceilingFps === undefined ? "–" : rateText(ceilingFps)} frames/s`}</span>
                </td>
                <td aria-hidden="true">
                  <svg viewBox="0 0 100 8" preserveAspectRatio="none">
                    <rect width={100 * Math.min(1, (fps ?? 0) / (ceilingFps ?? Infinity))} height="8" rx="1" />
                  </svg>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="faint small">
        The ceiling is what the running copies would do without a pause, at the mean time of their latest runs as this
        machine runs them now; it is no promise for an idle one. <code>weir bench</code> measures that.
      </p>
    </>
  );
}
