import assert from "node:assert/strict";
import { configSchema } from "../../config/load.ts";
import { WeirServer } from "../../src/service/server.ts";
import { Log } from "../../src/telemetry/log.ts";
import { syntheticTrace } from "../../src/vision/pulse/synthetic_trace.ts";
import { jpegImage } from "../support/images.ts";
import { hasPromtool, promtool } from "../support/promtool.ts";

// deno-lint-ignore no-explicit-any -- answers of every shape are looked into
type Answer = any;

async function served() {
  const dir = await Deno.makeTempDir({ prefix: "weir-signal-" });
  const log = new Log({ level: "error" });
  const config = configSchema.parse({ limits: { predictMs: 120_000 }, server: { port: 0 } });
  const server = await WeirServer.start({ config, dataDir: dir, version: "0.0.0", log });
  await server.restored;
  return {
    server,
    async predict(body: unknown, query = ""): Promise<{ status: number; body: Answer }> {
      const response = await fetch(`${server.url}/predict${query}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: typeof body === "string" ? body : JSON.stringify(body),
      });
      return { status: response.status, body: await response.json() };
    },
    async metrics(): Promise<string> {
      return await (await fetch(`${server.url}/metrics`)).text();
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await log[Symbol.asyncDispose]();
      await Deno.remove(dir, { recursive: true });
    },
  };
}

function rowsOf({ trace }: ReturnType<typeof syntheticTrace>): number[][] {
  return Array.from(trace[0], (red, i) => [red, trace[1][i], trace[2][i]]);
}

Deno.test("a signal is answered with its heart rate, by the network where it is long enough", async () => {
  await using weir = await served();
  const known = syntheticTrace(11, 0.002);
  const rows = rowsOf(known);
  const { status, body } = await weir.predict(rows);
  assert.equal(status, 200, JSON.stringify(body));
  assert.ok(Math.abs(body.heart_rate_bpm - known.bpm) < 2, `${body.heart_rate_bpm} instead of ${known.bpm}`);
  assert.ok(body.confidence >= 0.8 && body.confidence <= 1);
  assert.ok(body.processing_time_ms > 0 && Number.isFinite(body.snr_db));
  assert.ok(body.interval[0] < known.bpm && known.bpm < body.interval[1]);
  assert.deepEqual(
    { ...body, heart_rate_bpm: 0, confidence: 0, processing_time_ms: 0, snr_db: 0, interval: 0 },
    {
      model: "weir-pulse",
      heart_rate_bpm: 0,
      confidence: 0,
      interval: 0,
      processing_time_ms: 0,
      method: "network",
      snr_db: 0,
      window_s: 29.97,
      reasons: [],
      notice: "not a medical device",
    },
  );

  const short = await weir.predict({ signal: rows.slice(0, 450), fps: 30, session_id: "desk" });
  assert.equal(short.body.method, "pos");
  assert.equal(short.body.session_id, "desk");
  assert.ok(Math.abs(short.body.heart_rate_bpm - known.bpm) < 3, JSON.stringify(short.body));

  // Frames that came late, or not at all: by their times the rate is the same.
  const kept = rows.map((row, i) => ({ row, time: 1000 + i / 30 })).filter((_, i) =>
    i % 7 !== 3 && (i < 300 || i > 309)
  );
  const gaps = await weir.predict({
    signal: kept.map(({ row }) => row),
    timestamps: kept.map(({ time }) => time),
    method: "chrom",
  });
  assert.equal(gaps.body.method, "chrom");
  assert.ok(Math.abs(gaps.body.heart_rate_bpm - known.bpm) < 2, JSON.stringify(gaps.body));

  const unit = await weir.predict({ signal: rows.map((row) => row.map((value) => value / 255)), model: "weir-pulse" });
  assert.ok(Math.abs(unit.body.heart_rate_bpm - known.bpm) < 2, JSON.stringify(unit.body));
});

Deno.test("what no pulse can be told of has no rate, unless somebody wants one whatever it is worth", async () => {
  await using weir = await served();
  const rows = rowsOf(syntheticTrace(5, 0.02, { depth: 0 }));
  const { status, body } = await weir.predict(rows);
  assert.equal(status, 200);
  assert.deepEqual([body.heart_rate_bpm, body.interval, body.reasons], [null, null, ["weak"]]);
  const any = await weir.predict({ signal: rows, min_confidence: 0 });
  assert.ok(any.body.heart_rate_bpm > 30 && any.body.heart_rate_bpm < 245);
  const black = await weir.predict(rows.map(([red, green]) => [red, green, 0]));
  assert.deepEqual([black.body.heart_rate_bpm, black.body.reasons], [null, ["clipped"]]);
});

Deno.test("a signal that cannot be read is refused with what is wrong about it", async () => {
  await using weir = await served();
  const rows = rowsOf(syntheticTrace(3, 0.002));
  const constant = rows.map(() => [120, 110, 100]);
  const cases: [what: unknown, path: string, message: RegExp][] = [
    [rows[0].map((_, channel) => rows.map((row) => row[channel])), "", /^is 3×900: it has to be turned/],
    [[rows], "", /^is 1×900×3: a row \[red, green, blue\] for every frame/],
    [rows.map(([red]) => red), "", /^is 900: /],
    [[], "", /^is 0: /],
    [rows.with(17, [1, 2]), "17", /^is a list of 2, not \[red, green, blue\]/],
    [rows.with(17, [1, null as never, 2]), "17.1", /^is null, no number/],
    [{ signal: rows.with(17, [1, "2" as never, 2]) }, "signal.17.1", /^is a string, no number/],
    [JSON.stringify(rows).replace("[", "[[1, NaN, 3],"), "signal", /^holds NaN, which is no number/],
    [JSON.stringify({ signal: rows }).replace("[[", "[[1, 2, -Infinity],["), "signal", /^holds -Infinity/],
    [constant, "signal", /^is constant/],
    [{ signal: rows.slice(0, 100) }, "signal", /^is 3\.3 s long: at least 5 s are needed/],
    [{ signal: rows.slice(0, 600), method: "network" }, "signal", /^is 19\.97 s long, and the network wants 30 s/],
    [{ signal: rows.map((row) => row.map((value) => value * 100)) }, "signal", /colours are 0 to 255, or 0 to 1$/],
    [{ signal: rows, timestamps: rows.map((_, i) => i * 33) }, "signal", /timestamps are seconds/],
    [{ signal: rows, timestamps: rows.map(() => 1) }, "timestamps.1", /^1 does not come after 1/],
    [{ signal: rows, timestamps: [1, 2] }, "timestamps", /^are 2, and the signal has 900 rows/],
    [{ signal: rows, fps: 30, timestamps: rows.map((_, i) => i / 30) }, "fps", /^is said by the timestamps already/],
    [{ signal: rows, fps: 0 }, "fps", /./],
    [{ signal: rows, method: "magic" }, "method", /./],
    [{ signal: rows, colour: "red" }, "colour", /not known/],
    [{ signal: rows, model: "weir-pitch" }, "model", /./],
    [{ signal: "red" }, "signal", /^is a string: /],
    [Array.from({ length: 18_001 }, () => [1, 2, 3]), "", /^has 18001 rows/],
  ];
  for (const [sent, path, message] of cases) {
    const { status, body } = await weir.predict(sent);
    const shown = JSON.stringify(body);
    assert.deepEqual([status, body.code], [422, "invalid"], shown);
    assert.equal(body.errors[0].path, path, shown);
    assert.match(body.errors[0].message, message, shown);
  }
  const other = await weir.predict(rows, "?model=weir-pitch");
  assert.deepEqual([other.status, other.body.errors[0].path], [422, "model"]);
  const broken = await weir.predict('{"signal": [[1, 2');
  assert.deepEqual([broken.status, broken.body.code], [400, "malformed"]);
  const exposed = await weir.metrics();
  assert.ok(exposed.includes(`inference_requests_total{status="invalid"} ${cases.length + 1}\n`), exposed);
});

Deno.test("signals are measured under the names that heart rate dashboards ask for", async () => {
  await using weir = await served();
  const known = syntheticTrace(11, 0.002);
  await weir.predict(rowsOf(known));
  await weir.predict(rowsOf(known));
  await weir.predict([]);
  const exposed = await weir.metrics();
  for (
    const line of [
      "# TYPE predicted_heart_rate_bpm histogram",
      "predicted_heart_rate_bpm_count 2",
      `predicted_heart_rate_bpm_bucket{le="${Math.ceil(known.bpm / 10) * 10}.0"} 2`,
      "# TYPE inference_duration_seconds histogram",
      "inference_duration_seconds_count 2",
      "# TYPE inference_requests_total counter",
      'inference_requests_total{status="success"} 2',
      'inference_requests_total{status="invalid"} 1',
      'inference_requests_total{status="error"} 0',
    ]
  ) assert.ok(exposed.includes(`${line}\n`), `${line} is not among\n${exposed}`);
  if (await hasPromtool()) assert.equal(await promtool(exposed), "");
});

Deno.test("the network that reads signals is listed as what it is, and takes no images", async () => {
  await using weir = await served();
  const { models } = await (await fetch(`${weir.server.url}/api/v1/models`)).json();
  const { state, task, why, cause, bytes } = models.find(({ name }: { name: string }) => name === "weir-pulse");
  assert.deepEqual([state, task, cause], ["unloaded", "signal", undefined]);
  assert.match(why[0], /^it reads heart rates in colours over time/);
  assert.ok(bytes > 1000);
  const response = await fetch(`${weir.server.url}/predict?model=weir-pulse`, {
    method: "POST",
    headers: { "content-type": "image/jpeg" },
    body: jpegImage(64, 64) as Uint8Array<ArrayBuffer>,
  });
  const problem = await response.json();
  assert.deepEqual([response.status, problem.code], [409, "conflict"]);
  assert.match(problem.detail, /Cannot use weir-pulse on pictures: it reads heart rates/);
});
