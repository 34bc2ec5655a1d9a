import assert from "node:assert/strict";
import type { ResultEnvelope } from "../core/results.ts";
import type { CascadeFigures, StateEvent, StreamState, StreamStatus } from "../core/stream.ts";
import type { ModelReading } from "./model_metrics.ts";
import { WeirMetrics } from "./weir_metrics.ts";

const NONE = { count: 0, mean: 0, min: 0, p50: 0, p95: 0, p99: 0, max: 0 };

function statusOf(id: string, state: StreamState = "running"): StreamStatus {
  return {
    id,
    atMs: 2000,
    state,
    sinceMs: 1000,
    epoch: 2,
    restarts: 1,
    frames: {
      received: 20,
      completed: 10,
      dropped: { sampled: 0, skipped: 0, stale: 6, overflow: 0, undecodable: 1, failed: 2, stopped: 0 },
      inFlight: 1,
      decoded: 0,
      unaccounted: 0,
    },
    fpsIn: 25,
    fpsOut: 12,
    age: NONE,
    timings: { decodeMs: NONE, queueMs: NONE, prepareMs: NONE, inferMs: NONE, postMs: NONE },
    memoryBoundBytes: 1e6,
  };
}

function resultOf(stream: string, models: string[] = ["yolo"]): ResultEnvelope {
  return {
    v: 1,
    type: "result",
    stream,
    epoch: 1,
    seq: 1,
    pts: 1,
    ageMs: 48,
    frame: { width: 1, height: 1 },
    timings: { decodeMs: 3, queueMs: 4, prepareMs: 1, inferMs: 32, postMs: 0.25 },
    outputs: Object.fromEntries(models.map((model, n) => [`step${n}`, { model }])),
  };
}

function stateOf(stream: string, state: StreamState, atMs: number): StateEvent {
  const at = new Date(atMs).toISOString();
  return { v: 1, type: "state", stream, state, previous: "running", at, epoch: 1, restarts: 0 };
}

interface World {
  streams: { id: string; status?: StreamStatus }[] | Error | "never";
  models: ModelReading[];
  images: Record<string, Record<string, CascadeFigures>>;
  metrics: WeirMetrics;
}

function world(): World & AsyncDisposable {
  const here: Omit<World, "metrics"> = { streams: [], models: [], images: {} };
  const metrics = new WeirMetrics({
    build: { version: "1.2.3", deno: "2", target: "here" },
    sources: {
      streams() {
        if (here.streams === "never") return new Promise(() => {});
        return here.streams instanceof Error ? Promise.reject(here.streams) : Promise.resolve(here.streams);
      },
      models: () => Promise.resolve(here.models),
      hub: () => ({ subscribers: 3, published: 40, dropped: 5, log: { events: 30, bytes: 9000 } }),
      activeRequests: () => 7,
      images: () => here.images,
    },
    gpu: { program: "/nowhere/nvidia-smi" },
    scrapeTimeoutMs: 20,
  });
  return Object.assign(here, { metrics, [Symbol.asyncDispose]: () => metrics[Symbol.asyncDispose]() });
}

/** The value of a series by its name and labels as written. */
async function value({ metrics }: World, series: string): Promise<number | undefined> {
  const { text } = await metrics.expose();
  const line = text.split("\n").find((line) => line.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

Deno.test("steps on crops and their caches are told by stream and step, and steps without a cache have none to tell of", async () => {
  await using w = world();
  const cache = {
    hits: 30,
    adopted: 0,
    misses: 10,
    unusable: 1,
    entries: 4,
    evicted: 2,
    checked: 3,
    agreed: 2,
    savedMs: 1500,
  };
  const cascades = { embed: { runs: 40, failed: 1, skipped: 2 }, heads: { runs: 40, failed: 0, skipped: 0, cache } };
  w.streams = [{ id: "gate", status: { ...statusOf("gate"), cascades } }, { id: "yard", status: statusOf("yard") }];
  assert.equal(await value(w, 'weir_cascade_runs_total{stream="gate",step="embed"}'), 40);
  assert.equal(await value(w, 'weir_cascade_skipped_total{stream="gate",step="embed"}'), 2);
  assert.equal(await value(w, 'weir_similarity_hits_total{stream="gate",step="heads"}'), 30);
  assert.equal(await value(w, 'weir_similarity_agreed_total{stream="gate",step="heads"}'), 2);
  assert.equal(await value(w, 'weir_similarity_saved_seconds_total{stream="gate",step="heads"}'), 1.5);
  assert.equal(await value(w, 'weir_similarity_hits_total{stream="gate",step="embed"}'), undefined);
  w.images = { engagement: { heads: { runs: 7, failed: 0, skipped: 0, cache } } };
  assert.equal(await value(w, 'weir_cascade_runs_total{stream="~predict:engagement",step="heads"}'), 7);
  assert.equal(await value(w, 'weir_similarity_hits_total{stream="~predict:engagement",step="heads"}'), 30);
});

Deno.test("results become ages and stages of their stream, in seconds", async () => {
  await using it = world();
  it.streams = [{ id: "gate", status: statusOf("gate") }];
  for (let n = 0; n < 4; n++) it.metrics.result(resultOf("gate"));
  assert.equal(await value(it, 'weir_result_age_seconds_count{stream="gate"}'), 4);
  assert.equal(await value(it, 'weir_result_age_seconds_bucket{stream="gate",le="0.03"}'), 0);
  assert.equal(await value(it, 'weir_result_age_seconds_bucket{stream="gate",le="0.05"}'), 4);
  assert.equal(await value(it, 'weir_stage_seconds_sum{stream="gate",stage="infer"}'), 0.128);
  assert.equal(await value(it, 'weir_stage_seconds_sum{stream="gate",stage="post"}'), 0.001);
});

Deno.test("the time of a model is told where a result stands on one model alone", async () => {
  await using it = world();
  it.metrics.result(resultOf("gate"));
  it.metrics.result(resultOf("gate", ["yolo", "face"]));
  it.metrics.result({ ...resultOf("gate"), outputs: { track: { total: 3 } } });
  assert.equal(await value(it, 'weir_model_inference_seconds_count{model="yolo"}'), 1);
  assert.equal(await value(it, 'weir_model_inference_seconds_count{model="face"}'), undefined);
});

Deno.test("the accounts of a stream balance at every scrape", async () => {
  await using it = world();
  it.streams = [{ id: "gate", status: statusOf("gate") }];
  assert.equal(await value(it, 'weir_frames_received_total{stream="gate"}'), 20);
  assert.equal(await value(it, 'weir_frames_completed_total{stream="gate"}'), 10);
  assert.equal(await value(it, 'weir_frames_dropped_total{stream="gate",cause="stale"}'), 6);
  assert.equal(await value(it, 'weir_frames_in_flight{stream="gate"}'), 1);
  assert.equal(await value(it, 'weir_frames_unaccounted{stream="gate"}'), 0);
  assert.equal(await value(it, 'weir_stream_restarts_total{stream="gate"}'), 1);
});

Deno.test("a stream is in one state: the newer of what its thread answers and what was heard", async () => {
  await using it = world();
  it.streams = [{ id: "gate", status: statusOf("gate", "running") }];
  it.metrics.state(stateOf("gate", "stalled", 500));
  assert.equal(await value(it, 'weir_stream_state{stream="gate",state="running"}'), 1);
  assert.equal(await value(it, 'weir_stream_state{stream="gate",state="stalled"}'), 0);
  it.metrics.state(stateOf("gate", "failed", 2000));
  assert.equal(await value(it, 'weir_stream_state{stream="gate",state="running"}'), 0);
  assert.equal(await value(it, 'weir_stream_state{stream="gate",state="failed"}'), 1);
});

Deno.test("a stream that is removed takes its series with it, told or not", async () => {
  await using it = world();
  it.streams = [{ id: "gate", status: statusOf("gate") }, { id: "yard", status: statusOf("yard") }];
  for (const { id } of it.streams) {
    it.metrics.result(resultOf(id));
    it.metrics.state(stateOf(id, "running", 1));
    it.metrics.alert({ v: 1, type: "alert", stream: id, alert: "crowd", message: "many", at: "2026-01-31T12:00:00Z" });
  }
  assert.equal(await value(it, 'weir_alerts_total{stream="gate",alert="crowd"}'), 1);
  it.streams = [it.streams[1]];
  const { text } = await it.metrics.expose();
  assert.ok(!text.includes('stream="gate"'));
  assert.match(text, /stream="yard"/);
  it.streams = "never";
  it.metrics.remove("yard");
  assert.ok(!(await it.metrics.expose()).text.includes('stream="yard"'));
});

Deno.test("a scrape does not wait for threads that hang or fail; their last figures stand", async () => {
  await using it = world();
  it.streams = [{ id: "gate", status: statusOf("gate") }];
  await it.metrics.expose();
  it.streams = new Error("The worker is gone");
  assert.equal(await value(it, 'weir_frames_received_total{stream="gate"}'), 20);
  it.streams = [{ id: "gate" }];
  assert.equal(await value(it, 'weir_frames_received_total{stream="gate"}'), 20);
  it.streams = "never";
  assert.equal(await value(it, 'weir_frames_received_total{stream="gate"}'), 20);
});

Deno.test("a model's work goes on counting when a replica that did some of it is replaced", async () => {
  await using it = world();
  const yolo: ModelReading = {
    model: "yolo",
    replicas: { running: 2 },
    queueDepth: 3,
    runs: 100,
    frames: 250,
    failures: 1,
  };
  it.models = [yolo];
  assert.equal(await value(it, 'weir_model_batch_size_sum{model="yolo"}'), 250);
  it.models = [{ ...yolo, replicas: { running: 1, backoff: 1 }, runs: 60, frames: 150, failures: 0 }];
  assert.equal(await value(it, 'weir_model_batch_size_sum{model="yolo"}'), 250);
  it.models = [{ ...yolo, runs: 70, frames: 170, failures: 0 }];
  assert.equal(await value(it, 'weir_model_batch_size_sum{model="yolo"}'), 270);
  assert.equal(await value(it, 'weir_model_batch_size_count{model="yolo"}'), 110);
  assert.equal(await value(it, 'weir_model_failures_total{model="yolo"}'), 1);
  assert.equal(await value(it, 'weir_model_replicas{model="yolo",state="running"}'), 2);
  assert.equal(await value(it, 'weir_model_queue_depth{model="yolo"}'), 3);
  it.models = [];
  assert.ok(!(await it.metrics.expose()).text.includes("yolo"));
});

Deno.test("requests are counted by route, method and status, and an invented method is not a new series", async () => {
  await using it = world();
  const request = { route: "/api/v1/streams/{id}", method: "GET", status: 200, seconds: 0.02 };
  it.metrics.request(request);
  it.metrics.request({ ...request, status: 404 });
  it.metrics.request({ ...request, method: "BREW", status: 405 });
  const labels = 'route="/api/v1/streams/{id}",method="GET"';
  assert.equal(await value(it, `weir_http_requests_total{${labels},status="404"}`), 1);
  assert.equal(await value(it, `weir_http_request_seconds_count{${labels}}`), 2);
  assert.equal(
    await value(it, 'weir_http_requests_total{route="/api/v1/streams/{id}",method="other",status="405"}'),
    1,
  );
  assert.equal(await value(it, "weir_http_requests_active"), 7);
});

Deno.test("the hub, the process and the build are there without anybody telling", async () => {
  await using it = world();
  assert.equal(await value(it, "weir_hub_subscribers"), 3);
  assert.equal(await value(it, "weir_hub_events_total"), 40);
  assert.equal(await value(it, "weir_hub_events_dropped_total"), 5);
  assert.equal(await value(it, "weir_log_bytes"), 9000);
  assert.ok((await value(it, "process_cpu_seconds_total"))! > 0);
  assert.ok((await value(it, "process_resident_memory_bytes"))! > 1e6);
  assert.equal(await value(it, 'weir_build_info{version="1.2.3",deno="2",target="here"}'), 1);
  if (Deno.build.os !== "linux") return;
  assert.ok((await value(it, "process_open_fds"))! > 2);
  assert.ok((await value(it, "process_threads"))! > 1);
});
