import { Button } from "../ui/button.tsx";
import { countText, durationText } from "../ui/format.ts";
import { Panel } from "../ui/panel.tsx";
import { Stat, Stats } from "../ui/stat.tsx";
import { RateChart } from "./charts.tsx";
import { vitalsCsv } from "./vitals_csv.ts";
import { summaryOf, type VitalsRecord, type VitalsRow } from "./vitals_record.ts";

/** A face's rates since the beginning, what they come to, and all readings as a table to take along. */
export function HistoryPanel({ rows, record }: { rows: readonly VitalsRow[]; record: VitalsRecord }) {
  const summary = summaryOf(rows);
  const beats = (value: number | undefined) => ({
    value: value === undefined ? "–" : Math.round(value),
    ...(value !== undefined && { unit: "BPM" }),
  });
  const spanMs = rows.length === 0 ? 0 : rows[rows.length - 1].atMs - rows[0].atMs;
  return (
    <Panel
      title="History"
      actions={
        <>
          <Button disabled={record.rows.length === 0} onClick={() => record.clear()}>Clear</Button>
          <Button disabled={record.rows.length === 0} onClick={() => save(record.rows)}>Export CSV</Button>
        </>
      }
    >
      <figure class="chart" aria-label="The rate over time">
        <RateChart rows={rows} />
      </figure>
      <Stats>
        <Stat label="Median" {...beats(summary?.median)} />
        <Stat label="Lowest" {...beats(summary?.lowest)} />
        <Stat label="Highest" {...beats(summary?.highest)} />
        <Stat
          label="Readings"
          value={countText(rows.length)}
          hint={record.forgotten > 0
            ? `${countText(record.forgotten)} older ones are not kept any more`
            : "One a second"}
        />
        <Stat
          label="With a rate"
          value={summary ? Math.round((summary.rates / summary.readings) * 100) : "–"}
          {...(summary && { unit: "%" })}
        />
        <Stat label="Over" value={durationText(spanMs)} />
      </Stats>
    </Panel>
  );
}

function save(rows: readonly VitalsRow[]): void {
  const url = URL.createObjectURL(new Blob([vitalsCsv(rows)], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `weir-vitals-${new Date(rows[0].atMs).toISOString().slice(0, 19).replaceAll(":", "")}.csv`;
  link.click();
  // The browser has taken it by then.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
