import { rateText } from "../ui/format.ts";
import type { MeasuredAnswer } from "./system_answer.ts";
import type { ModelThroughput } from "./throughput.ts";

/** What every model does beside what it could do, by its latest runs and as it was measured when nothing else ran. */
export function ThroughputTable(
  { rows, measured }: { rows: readonly ModelThroughput[]; measured: readonly MeasuredAnswer[] },
) {
  const unmeasured = rows.find((row) => row.measured === undefined);
  const others = measured.filter((each) => rows.every((row) => row.measured !== each));
  return (
    <div class="stack">
      {rows.length === 0 ? <p class="faint">No model is loaded.</p> : <Rows rows={rows} />}
      {rows.some(({ ceilingFps }) => ceilingFps !== undefined) && (
        <p class="faint small">
          “Now at most” is what the running copies would do without a pause, at the mean time of their latest runs; it
          falls when something else has the machine.
        </p>
      )}
      {(unmeasured !== undefined || measured.length === 0) && (
        <div class="note">
          <p>
            {unmeasured === undefined
              ? "What this machine can do has not been measured."
              : `What this machine can do with ${unmeasured.name} has not been measured.`}{" "}
            Run this on it while the streams are paused; the result appears here.
          </p>
          <p>
            <code>{`weir bench --quick --only efficiency${unmeasured ? ` --model ${unmeasured.name}` : ""}`}</code>
          </p>
        </div>
      )}
      {others.length > 0 && (
        <details>
          <summary>Measured with other networks</summary>
          <ul class="measured">
            {others.map((each) => (
              <li key={each.sha256}>
                <strong>{each.label}</strong> <Rates {...each} /> <Provenance {...each} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

function Rows({ rows }: { rows: readonly ModelThroughput[] }) {
  return (
    <div class="table-room" tabIndex={0} role="group" aria-label="Throughput of models">
      <table class="bars throughput">
        <thead>
          <tr>
            <th scope="col">Model</th>
            <th scope="col">Frames/s</th>
            <th scope="col">Now at most</th>
            <th scope="col">Measured</th>
            <th scope="col">Share in use</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, fps, ceilingFps, measured }) => {
            const ceiling = measured && !measured.elsewhere ? measured.weirPerSecond : ceilingFps;
            return (
              <tr key={name}>
                <th scope="row">
                  {name}
                  {measured && (
                    <span class="hint">
                      <Provenance {...measured} />
                    </span>
                  )}
                </th>
                <td class="figure" data-name="Frames/s">{rate(fps)}</td>
                <td class="figure" data-name="Now at most">{rate(ceilingFps)}</td>
                <td class="figure" data-name="Measured">{rate(measured?.weirPerSecond)}</td>
                <td>
                  <Share of={ceiling} fps={fps} />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** How much of a ceiling is in use; a bar beside the number, as neither alone is read at a glance. */
function Share({ of, fps }: { of: number | undefined; fps: number | undefined }) {
  const share = of === undefined || fps === undefined || of <= 0 ? undefined : Math.min(1, fps / of);
  return (
    <div class="in-use">
      <span class="figure">{share === undefined ? "–" : `${Math.round(share * 100)} %`}</span>
      <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect width={100 * (share ?? 0)} height="8" rx="1" />
      </svg>
    </div>
  );
}

function Rates({ weirPerSecond, barePerSecond }: MeasuredAnswer) {
  return <span>{`${rateText(weirPerSecond)} frames/s, of ${rateText(barePerSecond)} without Weir.`}</span>;
}

/** When and on what it was measured, and what is to be held against it. */
function Provenance({ measuredAt, cpu, cores, version, disturbed, elsewhere }: MeasuredAnswer) {
  const day = new Date(measuredAt).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
  const on = `${cores} ${cores === 1 ? "core" : "cores"} of ${cpu}`;
  return (
    <span class="faint small">
      {`Measured on ${day}, Weir ${version}, ${on}`}
      {elsewhere && <strong class="caution">, another machine</strong>}
      {disturbed && <strong class="caution">, while other programs ran: too low perhaps</strong>}
    </span>
  );
}

function rate(fps: number | undefined): string {
  return fps === undefined ? "–" : rateText(fps);
}
