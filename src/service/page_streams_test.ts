import assert from "node:assert/strict";
import { ServiceError } from "../core/service_error.ts";
import type { StreamView } from "../core/services.ts";
import type { StreamRegistration } from "../core/stream.ts";
import type { UploadView } from "../core/uploads.ts";
import { PageStreams } from "./page_streams.ts";

const UNREAD_MS = 60_000;

function rig() {
  const streams = new Map<string, StreamView>(), clips = new Map<string, UploadView>();
  const read = new Set<string>(), faults: string[] = [];
  const pages = new PageStreams({
    streams: {
      list: () => Promise.resolve([...streams.values()]),
      remove: (id) => {
        const { registration } = streams.get(id)!;
        streams.delete(id);
        pages.removed(registration);
        return Promise.resolve();
      },
    },
    uploads: {
      list: () => Promise.resolve([...clips.values()]),
      remove: (name) => {
        if (!clips.delete(name)) return Promise.reject(new ServiceError("not_found", name));
        return Promise.resolve();
      },
    },
    readers: (id) => Number(read.has(id)),
    unreadMs: UNREAD_MS,
    onFault: (fault) => faults.push(fault),
  });
  const add = (id: string, path: string | undefined, more: Partial<StreamRegistration> = {}, origin = "api") => {
    const source = path === undefined ? { kind: "scene", scene: "portrait" } : { kind: "file", path };
    const registration = { id, source, pipeline: [], labels: { page: "vitals" }, ...more };
    streams.set(id, { id, registration, address: "", origin, sinks: [] } as unknown as StreamView);
  };
  const send = (name: string, users: string[] = []) => {
    const path = `/clips/${name}`;
    clips.set(name, { name, bytes: 1, uploadedAt: "", source: { kind: "file", path }, users });
    return path;
  };
  return { pages, add, send, read, streams, clips, faults };
}

Deno.test("what a page had played goes once nobody has read it for so long, and the clip with it", async () => {
  const { pages, add, send, read, streams, clips, faults } = rig();
  await using _ = pages;
  add("clip", send("face.mp4"));
  add("sample", undefined);
  add("seen", send("seen.mp4"));
  read.add("seen");
  await pages.look(1000);
  await pages.look(1000 + UNREAD_MS - 1);
  assert.deepEqual([...streams.keys()], ["clip", "sample", "seen"]);
  // Somebody came back in between.
  read.add("clip");
  await pages.look(1000 + UNREAD_MS);
  assert.deepEqual([...streams.keys()], ["clip", "seen"]);
  read.clear();
  await pages.look(2000 + UNREAD_MS);
  await pages.look(2000 + 2 * UNREAD_MS);
  assert.deepEqual([[...streams.keys()], [...clips.keys()], faults], [[], [], []]);
});

Deno.test("what is anybody else's stays", async () => {
  const { pages, add, streams } = rig();
  await using _ = pages;
  add("other", "/clips/a.mp4", { labels: { site: "north" } });
  add("declared", "/clips/a.mp4", {}, "config");
  add("sent-on", "/clips/a.mp4", { sinks: [{ kind: "jsonl" }] as unknown as StreamRegistration["sinks"] });
  await pages.look(0);
  await pages.look(10 * UNREAD_MS);
  assert.equal(streams.size, 3);
});

Deno.test("a clip stays that another stream plays, or that was none; one that is gone already is no fault", async () => {
  const { pages, add, send, streams, clips, faults } = rig();
  await using _ = pages;
  add("one", send("shared.mp4", ["two"]));
  add("three", "/elsewhere/own.mp4");
  add("four", send("four.mp4"));
  for (const { registration } of streams.values()) pages.removed(registration);
  streams.clear();
  await pages.look(0);
  // What is looked at again is gone.
  pages.removed({ id: "four", source: { kind: "file", path: "/clips/four.mp4" }, labels: { page: "vitals" } } as never);
  await pages.look(0);
  assert.deepEqual([[...clips.keys()], faults], [["shared.mp4"], []]);
});
