import assert from "node:assert/strict";
import { Sender, SenderRefused, type SenderStatus, type SentAnswer } from "../../src/console/webcam/sender.ts";
import { eventually } from "../support/eventually.ts";
import { Gate } from "../support/gate.ts";
import { jpegImage } from "../support/images.ts";
import { Camera, RED, rig, SIZE } from "../support/ingest_rig.ts";

const JPEG = new Blob([jpegImage(SIZE, SIZE, { rgb: RED }) as Uint8Array<ArrayBuffer>], { type: "image/jpeg" });

/** A sender of one picture again and again, each a blob of its own, and all that it tells. */
function open(address: () => Promise<string>, { fps = 50, capture }: { fps?: number; capture?: () => Blob } = {}) {
  const answers: SentAnswer[] = [];
  const taken: Blob[] = [];
  const states: string[] = [];
  const sender = new Sender({
    address,
    fps,
    random: () => 0,
    capture() {
      taken.push(capture?.() ?? JPEG.slice());
      return Promise.resolve(taken.at(-1)!);
    },
    onAnswer: (answer) => answers.push(answer),
    onChange: ({ state }) => states.at(-1) === state || states.push(state),
  });
  return { sender, answers, taken, states, [Symbol.dispose]: () => sender[Symbol.dispose]() };
}

const accounted = ({ sent, answered, dropped }: SenderStatus) => answered + dropped <= sent;

Deno.test("every result comes with the very picture that it is of, and all that was sent is accounted for", async () => {
  await using r = await rig();
  await r.register("me", "tiny.onnx");
  using camera = open(() => Promise.resolve(`${r.url}/me`));
  await eventually("twenty answers", () => camera.answers.length >= 20);
  const { sender, answers, taken } = camera;
  const times = answers.map(({ result }) => Date.parse(result.capturedAt!));
  assert.deepEqual(times, [...new Set(times)].toSorted((a, b) => a - b), "each its own, in their order");
  const places = answers.map(({ picture }) => taken.indexOf(picture));
  assert.ok(places.every((place, index) => place >= 0 && (index === 0 || place > places[index - 1])), `${places}`);
  assert.ok(answers.every(({ result, roundTripMs }) => result.stream === "me" && roundTripMs > 0));
  assert.ok(accounted(sender.status), JSON.stringify(sender.status));
  assert.ok(sender.status.roundTripP95Ms! >= sender.status.roundTripMs!);
});

Deno.test("a sender comes back by itself after the connection was cut, and goes on counting", async () => {
  await using r = await rig();
  await r.register("me", "tiny.onnx");
  const { port, pathname } = new URL(r.url);
  await using gate = new Gate(Number(port));
  using camera = open(() => Promise.resolve(`http://127.0.0.1:${gate.port}${pathname}/me`));
  await eventually("a first failure", () => camera.sender.status.state === "lost");
  gate.open();
  await eventually("answers", () => camera.answers.length >= 3);
  await gate.shut();
  await eventually("it knows", () => camera.sender.status.state === "lost");
  const before = camera.sender.status;
  assert.equal(before.credits, 0);
  assert.equal(before.answered + before.dropped, before.sent);
  gate.open();
  await eventually("more answers", () => camera.sender.status.answered >= before.answered + 3);
  assert.equal(camera.sender.status.state, "open");
  assert.ok(accounted(camera.sender.status));
});

Deno.test("a sender that another has replaced stays away until it is asked back", async () => {
  await using r = await rig();
  await r.register("me", "tiny.onnx");
  using camera = open(() => Promise.resolve(`${r.url}/me`));
  await eventually("answers", () => camera.answers.length >= 1);
  {
    await using _other = await Camera.open(`${r.url}/me`);
    await eventually("it is replaced", () => camera.sender.status.state === "ended");
    assert.match(camera.sender.status.reason!, /another device/i);
    camera.sender.retry();
    const { answered } = camera.sender.status;
    await eventually("it has the stream back", () => camera.sender.status.answered > answered);
  }
});

Deno.test("what the server refuses ends the sender with its words, what else goes wrong is tried again", async () => {
  let tries = 0;
  using camera = open(() => {
    tries++;
    return Promise.reject(tries < 3 ? new TypeError("no network") : new SenderRefused("There is no such model"));
  });
  await eventually("it has given up", () => camera.sender.status.state === "ended");
  assert.deepEqual([tries, camera.sender.status.reason], [3, "There is no such model"]);
  camera.sender[Symbol.dispose]();
  camera.sender.retry();
  assert.equal(tries, 3);
});

Deno.test("pictures that are none are told of, and the others go on", async () => {
  await using r = await rig();
  await r.register("me", "tiny.onnx");
  let n = 0;
  using camera = open(() => Promise.resolve(`${r.url}/me`), {
    capture: () => ++n % 3 === 0 ? new Blob(["no picture"]) : JPEG.slice(),
  });
  await eventually("both", () => camera.sender.status.refused > 0 && camera.sender.status.answered > 5);
  assert.ok(camera.sender.status.fault);
  assert.equal(camera.sender.status.state, "open");
});
