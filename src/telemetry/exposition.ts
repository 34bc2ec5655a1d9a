import type { Series } from "./series.ts";
import type { Entry } from "./series_table.ts";

/** What a metric is; `info` is a gauge that is always 1 where OpenMetrics is not spoken. */
export type MetricType = "counter" | "gauge" | "histogram" | "summary" | "info";

/** One metric as it is written out. */
export interface Family {
  readonly type: MetricType;
  readonly name: string;
  readonly help: string;
  entries(): readonly Entry<Series>[];
}

/** Metrics as text. */
export interface Exposition {
  contentType: string;
  text: string;
}

const PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
const OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const UNITS = /_(?<unit>seconds|bytes|ratio|celsius)$/;

/** The metrics in the form that an `Accept` header likes best: OpenMetrics, or else Prometheus' own text. */
export function expositionFor(accept: string | null, families: readonly Family[]): Exposition {
  const open = likesOpenMetrics(accept);
  const lines: string[] = [];
  for (const family of families) writeFamily(family, open, lines);
  if (open) lines.push("# EOF");
  return { contentType: open ? OPEN_METRICS : PROMETHEUS, text: lines.join("\n") + "\n" };
}

/** Whether an `Accept` header prefers OpenMetrics in a version that we speak; nobody gets it unasked. */
export function likesOpenMetrics(accept: string | null): boolean {
  let open = 0;
  let plain = 0;
  for (const range of (accept ?? "").toLowerCase().split(",")) {
    const [media, ...parameters] = range.split(";").map((part) => part.trim());
    const parameter = (name: string) => parameters.find((text) => text.startsWith(`${name}=`))?.slice(name.length + 1);
    const quality = Number(parameter("q") ?? 1);
    if (!(quality > 0)) continue;
    const version = parameter("version");
    if (media === "application/openmetrics-text") {
      if (version === undefined || version === "1.0.0" || version === "0.0.1") open = Math.max(open, quality);
    } else if (media === "text/plain" || media === "text/*" || media === "*/*") plain = Math.max(plain, quality);
  }
  return open > 0 && open >= plain;
}

function writeFamily({ type, name, help, entries }: Family, open: boolean, lines: string[]): void {
  const all = entries();
  if (all.length === 0) return;
  // In OpenMetrics the family goes without the suffix that its samples have.
  const family = !open ? name : type === "counter" ? name.slice(0, -6) : type === "info" ? withoutInfo(name) : name;
  const said = help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  lines.push(`# HELP ${family} ${open ? said.replaceAll('"', '\\"') : said}`);
  lines.push(`# TYPE ${family} ${type === "info" && !open ? "gauge" : type}`);
  const unit = UNITS.exec(family)?.groups?.unit;
  if (open && unit) lines.push(`# UNIT ${family} ${unit}`);
  for (const { text, series } of all) {
    series.write((suffix, label, value) => {
      const labels = text && label ? `${text},${label}` : text || label;
      lines.push(`${name}${suffix}${labels && `{${labels}}`} ${numberText(value)}`);
    });
  }
}

function withoutInfo(name: string): string {
  return name.endsWith("_info") ? name.slice(0, -5) : name;
}

function numberText(value: number): string {
  return Number.isFinite(value) ? String(value) : Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}
