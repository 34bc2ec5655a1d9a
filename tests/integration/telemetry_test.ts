import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parseRegistration } from "../../config/schema.ts";
import { Weir } from "../../src/app.ts";
import { WeirMetrics } from "../../src/telemetry/weir_metrics.ts";
import { hasPromtool, promtool } from "../support/promtool.ts";
import { until } from "../support/until.ts";

const PROGRAMS = new URL("../support/", import.meta.url);
const OPEN_METRICS = "application/openmetrics-text; version=1.0.0";
const ABSENT = "promtool is not here (Debian: prometheus)";

/** Runs one of the programs beside the tests. */
function program(name: string, args: (string | number)[], env: Record<string, string> = {}): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", fileURLToPath(new URL(name, PROGRAMS)), ...args.map(String)],
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** The value of a series by its name and labels as written. */
function valueIn(text: string, series: string): number {
  const line = text.split("\n").find((line) => line.startsWith(`${series} `));
  assert.ok(line, `no ${series} in\n${text}`);
  return Number(line.slice(series.length + 1));
}

const PITCH = parseRegistration({
  id: "pitch",
  source: { kind: "scene", scene: "pitch", seed: 7, width: 320, height: 180 },
  pipeline: [{ model: "weir-pitch" }, { analyzer: "track" }],
});

Deno.test("a running server's metrics balance, please promtool and leave with the stream", async () => {
  await using weir = await Weir.start({ streamWorkers: 1, replicas: 1, threads: 1 });
  await using metrics = new WeirMetrics({
    build: { version: "0", deno: Deno.version.deno, target: Deno.build.target },
    sources: {
      streams: () => Promise.all(weir.list().map(async (id) => ({ id, status: await weir.status(id) }))),
      models: () =>
        Promise.all(
          weir.models().map(async ({ setup, supervision }) => {
            const model = setup.spec.name;
            const replicas = { running: supervision.children.filter(({ state }) => state === "running").length };
            const work = { runs: 0, frames: 0, failures: 0 };
            for (const stats of await weir.modelStats(model)) {
              work.runs += stats.runs;
              work.frames += stats.frames;
              work.failures += stats.failures;
            }
            return { model, replicas, ...work };
          }),
        ),
      hub: () => ({ subscribers: 1, published: 2, dropped: 0, log: { events: 2, bytes: 1200 } }),
      activeRequests: () => 0,
    },
  });
  weir.states$.subscribe((event) => metrics.state(event));
  let count = 0;
  weir.results$.subscribe((result) => {
    metrics.result(result);
    count++;
  });
  await weir.add(PITCH);
  await until(() => count >= 10, () => `ten results, ${count} are there`);
  metrics.request({ route: "/api/v1/streams", method: "GET", status: 200, seconds: 0.004 });
  const { text } = await metrics.expose();

  const value = (series: string) => valueIn(text, series);
  const stream = 'stream="pitch"';
  const dropped = [...text.matchAll(/^weir_frames_dropped_total\{stream="pitch",cause="\w+"\} (\d+)$/gm)];
  assert.equal(
    value(`weir_frames_received_total{${stream}}`),
    value(`weir_frames_completed_total{${stream}}`) + dropped.reduce((sum, [, count]) => sum + Number(count), 0) +
      value(`weir_frames_in_flight{${stream}}`),
  );
  assert.equal(value(`weir_frames_unaccounted{${stream}}`), 0);
  assert.equal(value(`weir_stream_state{${stream},state="running"}`), 1);
  assert.ok(value(`weir_result_age_seconds_count{${stream}}`) >= 10);
  assert.ok(value(`weir_stage_seconds_sum{${stream},stage="infer"}`) > 0);
  assert.ok(value('weir_model_inference_seconds_count{model="weir-pitch"}') >= 10);
  assert.ok(value('weir_model_batch_size_count{model="weir-pitch"}') >= 10);
  assert.equal(value('weir_model_replicas{model="weir-pitch",state="running"}'), 1);

  if (await hasPromtool()) assert.equal(await promtool(text), "");
  const open = (await metrics.expose(OPEN_METRICS)).text;
  assert.ok(open.endsWith("\n# EOF\n"));

  await weir.remove("pitch");
  assert.ok(!(await metrics.expose()).text.includes(stream));
});

Deno.test({
  name: `promtool refuses what is no exposition, so its silence means something${
    await hasPromtool() ? "" : `: ${ABSENT}`
  }`,
  ignore: !(await hasPromtool()),
  async fn() {
    assert.notEqual(await promtool("weir_frames_total{ 1\n"), "");
    assert.notEqual(await promtool("# HELP weir_frames Frames.\n# TYPE weir_frames counter\nweir_frames 1\n"), "");
  },
});

interface Span {
  traceId: string;
  spanId: string;
  parentSpanId: string;
  name: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: Record<string, unknown> }[];
  status: { code: number; message: string };
}

/** Takes traces over OTLP as a collector does, while the program beside the tests runs. */
async function spansOf(args: (string | number)[], env: Record<string, string> = {}): Promise<Span[]> {
  const spans: Span[] = [];
  const collector = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const body = await request.json();
    for (const { scopeSpans } of body.resourceSpans ?? []) for (const scope of scopeSpans) spans.push(...scope.spans);
    return Response.json({});
  });
  try {
    const { code, stderr } = await program("traced_program.ts", args, {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.addr.port}`,
      ...env,
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
  } finally {
    await collector.shutdown();
  }
  return spans;
}

function attribute(span: Span, key: string): unknown {
  const value = span.attributes.find((attribute) => attribute.key === key)?.value;
  return value && Object.values(value)[0];
}

/** From one time of a trace to another, milliseconds. */
function msBetween(from: string, to: string): number {
  return Number(BigInt(to) - BigInt(from)) / 1e6;
}

Deno.test("a result becomes a trace with its stages, a request one with its route", async () => {
  const spans = await spansOf([1, 2]);
  const results = spans.filter(({ name }) => name === "result");
  assert.equal(results.length, 2);
  assert.notEqual(results[0].traceId, results[1].traceId);
  const [result] = results;
  assert.equal(result.parentSpanId, "");
  assert.equal(attribute(result, "weir.stream"), "gate");
  assert.equal(attribute(result, "weir.seq"), 4711);
  assert.deepEqual(attribute(result, "weir.models"), { values: [{ stringValue: "yolo11n" }] });
  const near = (actual: number, expected: number) => assert.ok(Math.abs(actual - expected) < 0.01, `${actual}`);
  near(msBetween(result.startTimeUnixNano, result.endTimeUnixNano), 48);
  let atMs = 48 - 3 - 4 - 1 - 32 - 0.5;
  for (const [name, ms] of Object.entries({ decode: 3, queue: 4, prepare: 1, infer: 32, post: 0.5 })) {
    const stage = spans.find((span) => span.name === name && span.parentSpanId === result.spanId);
    assert.ok(stage, name);
    assert.equal(stage.traceId, result.traceId);
    near(msBetween(result.startTimeUnixNano, stage.startTimeUnixNano), atMs);
    near(msBetween(stage.startTimeUnixNano, stage.endTimeUnixNano), ms);
    atMs += ms;
  }

  const served = spans.filter(({ name }) => name === "GET /streams/{id}");
  assert.equal(served.length, 3);
  const [well, missing, broken] = served;
  assert.deepEqual([well.traceId, well.parentSpanId], ["0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"]);
  near(msBetween(well.startTimeUnixNano, well.endTimeUnixNano), 20);
  assert.equal(attribute(well, "http.route"), "/streams/{id}");
  assert.equal(attribute(well, "http.response.status_code"), 200);
  assert.deepEqual([missing.parentSpanId, broken.parentSpanId], ["", ""]);
  assert.deepEqual([well, missing, broken].map(({ status }) => status.code), [0, 0, 2]);
});

Deno.test("no result is traced at the rate of zero, and few at a small one", async () => {
  const count = (spans: Span[]) => spans.filter(({ name }) => name === "result").length;
  assert.equal(count(await spansOf([0, 500])), 0);
  const few = count(await spansOf([0.1, 500]));
  assert.ok(few > 10 && few < 150, `${few}`);
  assert.equal(count(await spansOf([1, 500], { OTEL_DENO: "false" })), 0);
});

Deno.test("a log that nobody reads holds nobody up, and one that is read arrives whole", async () => {
  const stuck = program("logging_program.ts", [5000]).spawn();
  const [dropped] = await Promise.all([new Response(stuck.stdout).text(), stuck.status]);
  assert.ok(Number(dropped) > 0, dropped);
  await stuck.stderr.cancel();

  const { stdout, stderr } = await program("logging_program.ts", [50]).output();
  assert.equal(new TextDecoder().decode(stdout), "0");
  const lines = new TextDecoder().decode(stderr).trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines.map(({ msg }) => msg), Array.from({ length: 50 }, (_, n) => `line ${n}`));
  assert.ok(lines.every(({ token }) => token === "***"));
});
