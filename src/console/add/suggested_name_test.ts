import assert from "node:assert/strict";
import { parseRegistration } from "../../../config/schema.ts";
import { type AddForm, emptyForm } from "./add_form.ts";
import { suggestedName } from "./suggested_name.ts";

const named = (filled: Partial<AddForm>, taken: string[] = []) =>
  suggestedName({ ...emptyForm(), ...filled } as AddForm, taken);

Deno.test("an address gives its file's name, its host's first word, or the host itself", () => {
  const names = {
    "rtsp://user:secret@gate.cam.lan:554/Streaming/Channels/101": "gate",
    "rtsp://10.0.0.7/main": "cam-10.0.0.7",
    "10.0.0.7/main": "cam-10.0.0.7",
    "rtsp://[fe80::1]/a": "cam-fe80-1",
    "https://video.example.org/2026/north%20gate.m3u8?t=1": "north-gate",
    "https://video.example.org/hls/index.m3u8": "video",
    "srt://relay.example.org:9000": "relay",
    "Straße": "Stra-e",
    "": "camera",
    "rtsp://%%%": "camera",
  };
  for (const [address, name] of Object.entries(names)) {
    assert.equal(named({ address }), name, address);
  }
});

Deno.test("other kinds are called by what they show", () => {
  assert.equal(named({ kind: "file", path: "/media/Öl & Gas.mp4" }), "Ol-Gas");
  assert.equal(named({ kind: "file", path: "C:\\clips\\match.mov" }), "match");
  assert.equal(named({ kind: "scene", scene: "counter" }), "counter");
  assert.equal(named({ kind: "camera", device: "0" }), "camera-0");
  assert.equal(named({ kind: "camera", device: "/dev/video2" }), "dev-video2");
});

Deno.test("a name that is taken gets a number, and every suggestion is a name", () => {
  assert.equal(named({ kind: "scene" }, ["pitch"]), "pitch-2");
  assert.equal(named({ kind: "scene" }, ["pitch", "pitch-2", "pitch-3"]), "pitch-4");
  const long = named({ kind: "file", path: `${"x".repeat(100)}.mp4` });
  const next = named({ kind: "file", path: `${"x".repeat(100)}.mp4` }, [long]);
  assert.notEqual(next, long);
  for (const id of [long, next]) {
    parseRegistration({ id, source: { kind: "webcam" } });
  }
});
