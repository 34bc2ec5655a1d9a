import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { assertNothingAmiss } from "../support/guest_events.ts";
import { GuestProcess } from "../support/guest_process.ts";
import { GuestServer } from "../support/guest_server.ts";
import { jpegImage } from "../support/images.ts";
import { until } from "../support/until.ts";

const guest = (name: string) => fileURLToPath(new URL(`../support/guests/${name}`, import.meta.url));
const COUNTER = { kind: "scene", scene: "counter", fps: 20, width: 64, height: 64 };
const node = await new Deno.Command("node", { args: ["--version"], stdout: "null", stderr: "null" }).output()
  .then(({ success }) => success, () => false);

/** Runs a program with the `ws` of npm: under Node where there is one. */
function run(program: string, ...args: string[]): GuestProcess {
  return node
    ? new GuestProcess("node", [guest(program), ...args])
    : new GuestProcess(Deno.execPath(), ["run", "-A", "--quiet", guest(program), ...args]);
}

Deno.test("npm's ws follows events and pictures with credits, and goes on where it was when the server is back", async () => {
  await using server = await GuestServer.start();
  await server.run({ id: "count", source: COUNTER });
  await using client = run("ws_events.mjs", `${server.url.replace("http", "ws")}/api/v1/ws`, "count");
  const seen = () =>
    client.lines.filter(({ sub }) => sub === "e")
      .map(({ position, event }) => ({ position, type: event.type, data: event }));
  const pictures = () => client.lines.filter(({ picture }) => picture !== undefined);
  await until(() => seen().length >= 20 && pictures().length >= 3, () => JSON.stringify(client.lines.slice(-3)));
  assert.equal(client.lines.find(({ pong }) => pong !== undefined)?.pong, "are you there?");
  await server.stop();
  await until(() => client.lines.some(({ close }) => close !== undefined), "it is closed");
  const closing = client.lines.find(({ op }) => op === "closing");
  const { close, reason } = client.lines.find(({ close }) => close !== undefined);
  assert.deepEqual([closing.reason, close, reason], ["The server stops", 1001, "The server stops"]);
  const before = { events: seen().length, pictures: pictures().length };
  await server.begin();
  await until(
    () => seen().length >= before.events + 20 && pictures().length > before.pictures,
    () => JSON.stringify(client.lines.slice(-3)),
  );
  assertNothingAmiss(seen());
  assert.equal(seen().filter(({ type }) => type === "gap").length, 1);
  for (const { picture, jpeg } of pictures()) assert.deepEqual([picture.width, jpeg], [64, "ffd8"]);
});

Deno.test("npm's ws sends pictures in pieces as the server grants credits, and gets a result for each that ran", async () => {
  await using server = await GuestServer.start();
  await server.ask("POST", "/api/v1/streams", { id: "me", source: { kind: "webcam" }, policy: { maxAgeMs: 60_000 } });
  const picture = await Deno.makeTempFile({ prefix: "weir-picture-", suffix: ".jpg" });
  try {
    await Deno.writeFile(picture, jpegImage(64, 64));
    await using client = run("ws_ingest.mjs", `${server.url.replace("http", "ws")}/api/v1/ingest/me`, picture);
    const results = () => client.lines.filter(({ type }) => type === "result");
    await until(() => results().length >= 20, () => JSON.stringify(client.lines.slice(-3)));
    assert.deepEqual(client.lines.filter(({ type, error, binary }) => type === "error" || error || binary), []);
    for (const { capturedAt, frame } of results()) {
      assert.ok(capturedAt);
      assert.deepEqual(frame, { width: 64, height: 64 });
    }
    await server.ask("DELETE", "/api/v1/streams/me");
    await until(() => client.lines.some(({ close }) => close === 1001), "it is told that the stream is gone");
    assert.ok(client.lines.some(({ type }) => type === "closing"));
    assert.equal((await client.ended).code, 0, (await client.ended).complaint);
  } finally {
    await Deno.remove(picture);
  }
});
