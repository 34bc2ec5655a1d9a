import { fileURLToPath } from "node:url";
import process from "node:process";

type Unit = "s" | "short" | "reqps" | "bytes" | "percentunit" | "fps" | "cores";

interface Panel {
  title: string;
  unit: Unit;
  /** Query by the legend of its lines. */
  queries: Record<string, string>;
  /** One number instead of lines over time. */
  stat?: boolean;
}

interface Dashboard {
  title: string;
  panels: Panel[];
}

const FOLDER = fileURLToPath(new URL("../config/grafana/dashboards/", import.meta.url));

const rate = (metric: string) => `rate(${metric}[$__rate_interval])`;
const quantile = (share: number, metric: string, by: string) =>
  `histogram_quantile(${share}, sum by (${by}, le) (${rate(`${metric}_bucket`)}))`;
const STREAMS = 'stream=~"$stream"';

/** What Grafana shows of Weir, by the file's name. */
export const dashboards: Record<string, Dashboard> = {
  overview: {
    title: "Weir: overview",
    panels: [
      { title: "Up", unit: "short", stat: true, queries: { up: 'sum(up{job="weir"})' } },
      {
        title: "Streams that run",
        unit: "short",
        stat: true,
        queries: { running: 'sum(weir_stream_state{state="running"})' },
      },
      {
        title: "Streams in trouble",
        unit: "short",
        stat: true,
        queries: { trouble: 'sum(weir_stream_state{state=~"backoff|stalled|failed"})' },
      },
      {
        title: "Results a second",
        unit: "fps",
        stat: true,
        queries: { all: `sum(${rate("weir_frames_completed_total")})` },
      },
      {
        title: "Age of results",
        unit: "s",
        queries: Object.fromEntries(
          [50, 95, 99].map((n) => [`p${n}`, quantile(n / 100, "weir_result_age_seconds", "job")]),
        ),
      },
      {
        title: "What became of frames",
        unit: "fps",
        queries: {
          completed: `sum(${rate("weir_frames_completed_total")})`,
          "{{cause}}": `sum by (cause) (${rate("weir_frames_dropped_total")})`,
        },
      },
      {
        title: "Requests",
        unit: "reqps",
        queries: { "{{status}}": `sum by (status) (${rate("weir_http_requests_total")})` },
      },
      {
        title: "Cores in use",
        unit: "cores",
        queries: { "{{instance}}": rate('process_cpu_seconds_total{job="weir"}') },
      },
    ],
  },
  streams: {
    title: "Weir: streams and freshness",
    panels: [
      {
        title: "State",
        unit: "short",
        queries: { "{{stream}} {{state}}": `weir_stream_state{${STREAMS}} == 1` },
      },
      {
        title: "Results a second",
        unit: "fps",
        queries: { "{{stream}}": `sum by (stream) (${rate(`weir_frames_completed_total{${STREAMS}}`)})` },
      },
      ...[0.5, 0.95, 0.99].map((share): Panel => ({
        title: `Age of results, p${share * 100}`,
        unit: "s",
        queries: {
          "{{stream}}": `histogram_quantile(${share}, sum by (stream, le) (${
            rate(`weir_result_age_seconds_bucket{${STREAMS}}`)
          }))`,
        },
      })),
      {
        title: "Where the time goes",
        unit: "s",
        queries: {
          "{{stage}}": `sum by (stage) (${rate(`weir_stage_seconds_sum{${STREAMS}}`)}) / sum by (stage) (${
            rate(`weir_stage_seconds_count{${STREAMS}}`)
          })`,
        },
      },
      {
        title: "Dropped frames, by cause",
        unit: "fps",
        queries: { "{{stream}} {{cause}}": `${rate(`weir_frames_dropped_total{${STREAMS}}`)} > 0` },
      },
      {
        title: "Connected anew",
        unit: "short",
        queries: { "{{stream}}": `increase(weir_stream_restarts_total{${STREAMS}}[1h])` },
      },
      {
        title: "Frames without an end",
        unit: "short",
        stat: true,
        queries: { unaccounted: `sum(abs(weir_frames_unaccounted{${STREAMS}}))` },
      },
      { title: "Memory bound", unit: "bytes", queries: { "{{stream}}": `weir_stream_memory_bound_bytes{${STREAMS}}` } },
    ],
  },
  api: {
    title: "Weir: API health and latency",
    panels: [
      {
        title: "Requests",
        unit: "reqps",
        queries: { "{{route}}": `sum by (route) (${rate("weir_http_requests_total")})` },
      },
      {
        title: "Share that fails in the server",
        unit: "percentunit",
        queries: {
          "5xx": `sum(${rate('weir_http_requests_total{status=~"5.."}')}) / sum(${rate("weir_http_requests_total")})`,
        },
      },
      ...[0.5, 0.99].map((share): Panel => ({
        title: `Latency, p${share * 100}`,
        unit: "s",
        queries: { "{{route}}": quantile(share, "weir_http_request_seconds", "route") },
      })),
      { title: "Under way", unit: "short", queries: { requests: "sum(weir_http_requests_active)" } },
      { title: "Listeners", unit: "short", queries: { subscribers: "sum(weir_hub_subscribers)" } },
      {
        title: "Events",
        unit: "fps",
        queries: {
          published: `sum(${rate("weir_hub_events_total")})`,
          "lost by slow listeners": `sum(${rate("weir_hub_events_dropped_total")})`,
        },
      },
      {
        title: "Delay of the main thread, p99",
        unit: "s",
        queries: { p99: quantile(0.99, "weir_event_loop_delay_seconds", "instance") },
      },
    ],
  },
  models: {
    title: "Weir: models and predictions",
    panels: [
      {
        title: "Runs a second",
        unit: "fps",
        queries: { "{{model}}": `sum by (model) (${rate("weir_model_inference_seconds_count")})` },
      },
      ...[0.5, 0.95].map((share): Panel => ({
        title: `Time of a run, p${share * 100}`,
        unit: "s",
        queries: { "{{model}}": quantile(share, "weir_model_inference_seconds", "model") },
      })),
      { title: "Waiting", unit: "short", queries: { "{{model}}": "sum by (model) (weir_model_queue_depth)" } },
      {
        title: "Copies",
        unit: "short",
        queries: { "{{model}} {{state}}": "sum by (model, state) (weir_model_replicas)" },
      },
      { title: "Failures", unit: "short", queries: { "{{model}}": "increase(weir_model_failures_total[1h])" } },
      {
        title: "Frames in a batch",
        unit: "short",
        queries: {
          "{{model}}": `sum by (model) (${rate("weir_model_batch_size_sum")}) / sum by (model) (${
            rate("weir_model_batch_size_count")
          })`,
        },
      },
      {
        title: "Images to /predict",
        unit: "reqps",
        queries: {
          "{{route}} {{status}}": `sum by (route, status) (${rate('weir_http_requests_total{route=~"/predict.*"}')})`,
        },
      },
    ],
  },
  resources: {
    title: "Weir: resources",
    panels: [
      {
        title: "Cores in use",
        unit: "cores",
        queries: { "{{instance}}": rate('process_cpu_seconds_total{job="weir"}') },
      },
      { title: "Memory", unit: "bytes", queries: { "{{instance}}": 'process_resident_memory_bytes{job="weir"}' } },
      { title: "Most that streams may take", unit: "bytes", queries: { bound: "sum(weir_stream_memory_bound_bytes)" } },
      {
        title: "Open files",
        unit: "short",
        queries: { open: 'process_open_fds{job="weir"}', limit: 'process_max_fds{job="weir"}' },
      },
      { title: "Threads", unit: "short", queries: { "{{instance}}": 'process_threads{job="weir"}' } },
      { title: "Event log", unit: "bytes", queries: { "{{instance}}": "weir_log_bytes" } },
      {
        title: "Up since",
        unit: "s",
        stat: true,
        queries: { "{{instance}}": 'time() - process_start_time_seconds{job="weir"}' },
      },
      { title: "Version", unit: "short", queries: { "{{version}}": "weir_build_info" } },
    ],
  },
};

const UNITS: Readonly<Record<Unit, string>> = {
  s: "s",
  short: "short",
  reqps: "reqps",
  bytes: "bytes",
  percentunit: "percentunit",
  fps: "cps",
  cores: "none",
};

/** A dashboard as Grafana wants it. */
export function grafanaJson(name: string, { title, panels }: Dashboard): string {
  const source = { type: "prometheus", uid: "prometheus" };
  const laid = panels.map(({ title, unit, queries, stat }, index) => ({
    id: index + 1,
    title,
    type: stat ? "stat" : "timeseries",
    datasource: source,
    gridPos: { x: (index % 2) * 12, y: Math.floor(index / 2) * 8, w: 12, h: 8 },
    fieldConfig: { defaults: { unit: UNITS[unit], min: 0 }, overrides: [] },
    options: stat ? {} : { legend: { displayMode: "table", placement: "bottom", calcs: ["lastNotNull"] } },
    targets: Object.entries(queries).map(([legendFormat, expr], at) => ({
      refId: String.fromCharCode(65 + at),
      datasource: source,
      expr,
      legendFormat,
    })),
  }));
  const variable = {
    name: "stream",
    type: "query",
    datasource: source,
    query: "label_values(weir_stream_epoch, stream)",
    refresh: 2,
    includeAll: true,
    multi: true,
    current: { text: "All", value: "$__all" },
  };
  const dashboard = {
    uid: `weir-${name}`,
    title,
    tags: ["weir"],
    timezone: "browser",
    editable: false,
    refresh: "10s",
    time: { from: "now-1h", to: "now" },
    schemaVersion: 41,
    links: [{ type: "dashboards", tags: ["weir"], asDropdown: true, title: "Weir", icon: "external link" }],
    templating: { list: name === "streams" ? [variable] : [] },
    panels: laid,
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

/** Where a dashboard is kept. */
export function dashboardFile(name: string): string {
  return `${FOLDER}${name}.json`;
}

if (import.meta.main) {
  for (const [name, dashboard] of Object.entries(dashboards)) {
    await Deno.writeTextFile(dashboardFile(name), grafanaJson(name, dashboard));
    process.stdout.write(`Wrote ${dashboardFile(name)}\n`);
  }
}
