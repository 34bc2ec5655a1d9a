import assert from "node:assert/strict";
import { likesOpenMetrics } from "./exposition.ts";
import { Metrics } from "./metrics.ts";

const OPEN = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";

function linesOf(metrics: Metrics, accept: string | null = null): string[] {
  return metrics.expose(accept).text.split("\n");
}

Deno.test("counters and gauges are written with their help, their type and their labels", () => {
  const metrics = new Metrics();
  const frames = metrics.counter({ name: "weir_frames_total", help: "Frames.", labels: ["stream", "cause"] });
  frames.at({ stream: "gate", cause: "stale" }).add();
  frames.at({ cause: "stale", stream: "gate" }).add(2);
  metrics.gauge({ name: "weir_temperature_celsius", help: "How hot." }).at({}).set(-1.5);
  assert.equal(
    metrics.expose().text,
    `# HELP weir_frames_total Frames.
# TYPE weir_frames_total counter
weir_frames_total{stream="gate",cause="stale"} 3
# HELP weir_temperature_celsius How hot.
# TYPE weir_temperature_celsius gauge
weir_temperature_celsius -1.5
`,
  );
});

Deno.test("a histogram counts each value below every bound that it does not exceed", () => {
  const metrics = new Metrics();
  const ages = metrics.histogram({ name: "weir_age_seconds", help: "Age.", labels: ["stream"], bounds: [0.1, 1] });
  const gate = ages.at({ stream: "gate" });
  for (const age of [0.05, 0.1, 0.5, 7, Number.NaN, Infinity]) gate.observe(age);
  assert.deepEqual(linesOf(metrics).slice(2), [
    'weir_age_seconds_bucket{stream="gate",le="0.1"} 2',
    'weir_age_seconds_bucket{stream="gate",le="1.0"} 3',
    'weir_age_seconds_bucket{stream="gate",le="+Inf"} 4',
    'weir_age_seconds_sum{stream="gate"} 7.65',
    'weir_age_seconds_count{stream="gate"} 4',
    "",
  ]);
});

Deno.test("past its bound a metric folds label sets into one called other, and counts that", () => {
  const metrics = new Metrics({ bound: 2 });
  const requests = metrics.counter({ name: "weir_requests_total", help: "Requests.", labels: ["path"] });
  for (const path of ["/a", "/b", "/c", "/d", "/a", "/c"]) requests.at({ path }).add();
  const lines = linesOf(metrics).filter((line) => !line.startsWith("#"));
  assert.deepEqual(lines, [
    'weir_metrics_folded_total{metric="weir_requests_total"} 3',
    'weir_requests_total{path="/a"} 2',
    'weir_requests_total{path="/b"} 1',
    'weir_requests_total{path="other"} 3',
    "",
  ]);
});

Deno.test("values asked for at the scrape are folded by summing, and are gone when nobody says them any more", () => {
  const metrics = new Metrics({ bound: 1 });
  let depths: Record<string, number> = { yolo: 3, face: 4, pose: 5 };
  metrics.asked({
    type: "gauge",
    name: "weir_depth",
    help: "Depth.",
    labels: ["model"],
    read(say) {
      for (const [model, depth] of Object.entries(depths)) say(depth, { model });
    },
  });
  const depthLines = () => linesOf(metrics).filter((line) => line.startsWith("weir_depth"));
  assert.deepEqual(depthLines(), ['weir_depth{model="yolo"} 3', 'weir_depth{model="other"} 9']);
  depths = { face: 1 };
  assert.deepEqual(depthLines(), ['weir_depth{model="face"} 1']);
});

Deno.test("a series that is forgotten makes room, and one that comes again begins at zero", () => {
  const metrics = new Metrics({ bound: 2 });
  const frames = metrics.counter({ name: "weir_frames_total", help: "Frames.", labels: ["stream", "cause"] });
  frames.at({ stream: "gate", cause: "stale" }).add(5);
  frames.at({ stream: "gate", cause: "failed" }).add(5);
  frames.forget({ stream: "gate" });
  assert.ok(!metrics.expose().text.includes("gate"));
  frames.at({ stream: "yard", cause: "stale" }).add();
  frames.at({ stream: "gate", cause: "stale" }).add();
  assert.deepEqual(linesOf(metrics).slice(2), [
    'weir_frames_total{stream="yard",cause="stale"} 1',
    'weir_frames_total{stream="gate",cause="stale"} 1',
    "",
  ]);
});

Deno.test("a label says what it was told, whatever that does to lines and quotes, and never more than a little", () => {
  const metrics = new Metrics();
  const frames = metrics.counter({ name: "weir_frames_total", help: "A\nB\\C", labels: ["stream"] });
  frames.at({ stream: 'a"b\\c\nd\ud800' }).add();
  const long = "x".repeat(1000);
  frames.at({ stream: `${long}1` }).add();
  frames.at({ stream: `${long}2` }).add();
  assert.deepEqual(linesOf(metrics), [
    "# HELP weir_frames_total A\\nB\\\\C",
    "# TYPE weir_frames_total counter",
    'weir_frames_total{stream="a\\"b\\\\c\\nd\ufffd"} 1',
    `weir_frames_total{stream="${"x".repeat(128)}"} 2`,
    "",
  ]);
});

Deno.test("a label set that is itself called other shares its series with what is folded", () => {
  const metrics = new Metrics({ bound: 1 });
  const frames = metrics.counter({ name: "weir_frames_total", help: "Frames.", labels: ["stream"] });
  for (const stream of ["other", "gate", "yard"]) frames.at({ stream }).add();
  const lines = linesOf(metrics).filter((line) => line.startsWith("weir_frames"));
  assert.deepEqual(lines, ['weir_frames_total{stream="gate"} 1', 'weir_frames_total{stream="other"} 2']);
});

Deno.test("OpenMetrics gets units, families without their suffix, and an end", () => {
  const metrics = new Metrics();
  metrics.counter({ name: "process_cpu_seconds_total", help: 'Time "spent".' }).at({}).add(2);
  metrics.asked({
    type: "info",
    name: "weir_build_info",
    help: "What runs.",
    labels: ["version"],
    read: (say) => say(1, { version: "1" }),
  });
  const { contentType, text } = metrics.expose(OPEN);
  assert.equal(contentType, "application/openmetrics-text; version=1.0.0; charset=utf-8");
  assert.equal(
    text,
    `# HELP process_cpu_seconds Time \\"spent\\".
# TYPE process_cpu_seconds counter
# UNIT process_cpu_seconds seconds
process_cpu_seconds_total 2
# HELP weir_build What runs.
# TYPE weir_build info
weir_build_info{version="1"} 1
# EOF
`,
  );
  assert.match(metrics.expose().text, /# TYPE weir_build_info gauge/);
});

Deno.test("OpenMetrics goes only to those who prefer it", () => {
  const prometheus = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6," +
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;q=0.4,*/*;q=0.2";
  assert.equal(likesOpenMetrics(prometheus), true);
  assert.equal(likesOpenMetrics("Application/OpenMetrics-Text; version=1.0.0; charset=utf-8"), true);
  for (
    const accept of [
      null,
      "",
      "*/*",
      "text/plain",
      "text/plain,application/openmetrics-text;q=0.3",
      "application/openmetrics-text;q=0",
      "application/openmetrics-text;version=9.0.0",
      "application/openmetrics-text;q=nonsense",
    ]
  ) assert.equal(likesOpenMetrics(accept), false, String(accept));
});

Deno.test("a metric whose name breaks the rules is not made", () => {
  const metrics = new Metrics();
  const help = "Help.";
  metrics.gauge({ name: "weir_depth", help });
  assert.throws(() => metrics.gauge({ name: "weir_depth", help }), /there is one already/);
  assert.throws(() => metrics.counter({ name: "weir_frames", help }), /end in _total/);
  assert.throws(() => metrics.gauge({ name: "weir_frames_total", help }), /end in _total/);
  assert.throws(() => metrics.gauge({ name: "frames", help }), /must begin with weir_/);
  assert.throws(() => metrics.gauge({ name: "weir_run_seconds", help, labels: ["quantile"] }), /labels of histograms/);
  assert.throws(() => metrics.histogram({ name: "weir_age_seconds", help, bounds: [1, 1] }), /must be finite and rise/);
});
