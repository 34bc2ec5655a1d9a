import assert from "node:assert/strict";
import type { StreamView } from "../../core/services.ts";
import type { StreamState } from "../../core/stream.ts";
import { arranged, inTrouble, labelKeys } from "./arrange.ts";

function view(
  id: string,
  state: StreamState | undefined,
  labels: Record<string, string> = {},
): StreamView {
  return {
    id,
    registration: {
      id,
      source: { kind: "rtsp" },
      pipeline: [{ model: "weir-pitch" }],
      policy: {} as never,
      labels,
    },
    address: `rtsp://host/${id}`,
    ...(state && { status: { id, state } as never }),
    origin: "api",
    sinks: [],
  };
}

const all = [
  view("cam10", "running", { site: "north" }),
  view("cam2", "running", { site: "south" }),
  view("moved", undefined),
  view("dead", "failed", { site: "south" }),
  view("still", "stalled"),
  view("waits", "backoff", { site: "north", floor: "2" }),
  view("rests", "paused"),
];
const ids = (search: string, groupBy?: string) =>
  arranged(all, { search, groupBy }).map((
    { name, streams },
  ) => [name, ...streams.map(({ id }) => id)]);

Deno.test("What is in trouble comes first, then by name as people count, and what rests last", () => {
  assert.deepEqual(ids(""), [[
    undefined,
    "dead",
    "still",
    "waits",
    "cam2",
    "cam10",
    "moved",
    "rests",
  ]]);
  assert.deepEqual(all.filter(inTrouble).map(({ id }) => id), [
    "dead",
    "still",
    "waits",
  ]);
});

Deno.test("A stream that is tried again stays where it is while it is tried", () => {
  const waits = view("tried", "backoff");
  const trying = { ...waits, status: { ...waits.status!, state: "connecting", cause: {} as never } } as StreamView;
  const first = { ...waits, status: { ...waits.status!, state: "connecting" } } as StreamView;
  const order = (tried: StreamView) =>
    arranged([view("a", "running"), tried, view("z", "running")], { search: "" })[0].streams.map(({ id }) => id);
  assert.deepEqual(order(trying), order(waits));
  assert.ok(inTrouble(trying));
  assert.ok(!inTrouble(first));
});

Deno.test("All words must be found, in name, address, state, label or step", () => {
  assert.deepEqual(ids("site=north run"), [[undefined, "cam10"]]);
  assert.deepEqual(ids("WEIR-pitch dead"), [[undefined, "dead"]]);
  assert.deepEqual(ids("nowhere"), []);
});

Deno.test("Groups are a label's values, those without it last", () => {
  assert.deepEqual(labelKeys(all), ["floor", "site"]);
  assert.deepEqual(ids("", "site"), [
    ["north", "waits", "cam10"],
    ["south", "dead", "cam2"],
    ["no site", "still", "moved", "rests"],
  ]);
});
