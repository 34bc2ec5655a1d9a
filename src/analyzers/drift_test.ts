import assert from "node:assert/strict";
import { pictureFromPixels } from "../../streams/av/picture.ts";
import { AnalyzerRig, type Thing } from "../../tests/support/analyzer_rig.ts";

/** Numbers in [0, 1), the same ones for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => (state = state * 48271 % 0x7fffffff) / 0x7fffffff;
}

const OPTIONS = { reference: 200, window: 200, checkSeconds: 10 };
const MODEL = { name: "m", sha256: "a1".repeat(32) };

function rigOf(options: Record<string, unknown> = {}): AnalyzerRig {
  const rig = new AnalyzerRig("drift", { ...OPTIONS, ...options });
  rig.analyzer.follow!({ detect: MODEL });
  return rig;
}

/** A place where things come and go; each is seen five times, a second apart. */
class Street {
  #track = 0;
  #timeS = 0;
  #next = random(3);

  constructor(readonly rig: AnalyzerRig) {}

  /** So many things come by; answers what was said last. */
  pass(count: number, score = 0.8): Record<string, unknown> | undefined {
    let said: Record<string, unknown> | undefined;
    for (let n = 0; n < count; n++) {
      const thing: Thing = {
        at: [100 + 500 * this.#next(), 300],
        track: ++this.#track,
        label: this.#next() < 0.6 ? "person" : "car",
        score: score - 0.1 * this.#next(),
      };
      for (let sight = 0; sight < 5; sight++) said = this.rig.show(this.#timeS += 1, thing) ?? said;
    }
    return said;
  }
}

Deno.test("each track speaks once, so a thing that stands still for hours is one sample", () => {
  const rig = rigOf({ checkSeconds: 1 });
  for (let second = 0; second < 3600; second++) rig.show(second, { at: [500, 300], track: 7 });
  assert.equal(rig.analyzer.drift!().reference, 1);
  assert.equal(new Street(rig).pass(5)!.reference, 6);
});

Deno.test("without tracks a frame speaks so often, and of classes the best one", () => {
  const rig = rigOf({ everySeconds: 20 });
  for (let second = 0; second < 100; second++) rig.show(second, { at: [500, 300] }, { at: [700, 300] });
  assert.equal(rig.show(101)!.reference, 10);
  const classes = rigOf({ everySeconds: 20 });
  for (let second = 0; second <= 100; second++) {
    const found = [{ label: "cat", classId: 0, score: 0.7 }, { label: "dog", classId: 1, score: 0.3 }];
    classes.push(second, { classify: { model: "m", classes: found } });
  }
  assert.equal(classes.analyzer.drift!().reference, 6);
});

Deno.test("people are told once when answers are not what they were, and again only after all was well", () => {
  const rig = rigOf();
  const street = new Street(rig);
  assert.equal(street.pass(190)!.state, "learning");
  assert.equal(street.pass(100)!.state, "gathering");
  assert.equal(street.pass(200)!.state, "steady");
  assert.equal(rig.alerts.length, 0);
  assert.equal(street.pass(300, 0.5)!.state, "act");
  assert.equal(rig.alerts.length, 1);
  assert.match(rig.alerts[0].message, /^It is not what it was: score 0\.7\d → 0\.\d\d \(PSI \d/);
  street.pass(300);
  assert.equal(rig.alerts.length, 1);
  street.pass(300, 0.5);
  assert.equal(rig.alerts.length, 2);
});

Deno.test("nobody is told who does not want to be", () => {
  const rig = rigOf({ alertAt: "never" });
  const street = new Street(rig);
  street.pass(450);
  assert.equal(street.pass(300, 0.4)!.state, "act");
  assert.deepEqual(rig.alerts, []);
});

Deno.test("a dark picture is told of by its brightness", () => {
  const rig = rigOf({ everySeconds: 1 });
  const show = (timeS: number, level: number) => {
    const data = new Uint8Array(32 * 18 * 3).fill(level + 8 * Math.sin(timeS));
    using picture = pictureFromPixels({ width: 32, height: 18, format: "rgb24", data });
    const box: [number, number, number, number] = [1, 1, 8, 8];
    const detections = [{ box, label: "person", classId: 0, score: 0.7 }];
    rig.push(timeS, { detect: { model: "m", detections } }, picture);
  };
  for (let n = 0; n < 400; n++) show(n, 120);
  for (let n = 400; n < 640; n++) show(n, 30);
  const { state, figures, reasons } = rig.analyzer.drift!();
  assert.equal(state, "act");
  assert.deepEqual(Object.entries(figures).filter(([, { level }]) => level === "act").map(([name]) => name), [
    "brightness",
  ]);
  assert.match(reasons[0], /^brightness 1\d\d → [23]\d/);
});

Deno.test("a reference is remembered for its model, and holds for no other", () => {
  const rig = rigOf();
  const street = new Street(rig);
  assert.equal(rig.analyzer.remember!(), undefined);
  street.pass(250);
  const memory = JSON.parse(JSON.stringify(rig.analyzer.remember!()));
  assert.equal(rig.analyzer.remember!(), undefined);

  const again = rigOf();
  again.analyzer.recall!(memory);
  assert.equal(again.analyzer.drift!().state, "gathering");
  assert.equal(again.analyzer.drift!().reference, 200);
  assert.equal(new Street(again).pass(300, 0.4)!.state, "act");

  again.analyzer.follow!({ detect: { name: "m", sha256: "b2".repeat(32) } });
  assert.equal(again.analyzer.drift!().state, "learning");
  again.analyzer.follow!({ detect: MODEL });
  assert.equal(again.analyzer.drift!().reference, 200);
});

Deno.test("whatever it is told that it remembered, it goes on", () => {
  for (const memory of [null, 7, "x", {}, { v: 2 }, { v: 1, references: [["a", { score: ["x"] }]] }, { v: 1 }]) {
    const rig = rigOf();
    rig.analyzer.recall!(memory);
    assert.equal(rig.analyzer.drift!().state, "learning");
  }
});

Deno.test("people can say that what is now is usual, or have it learnt anew", () => {
  const rig = rigOf();
  const street = new Street(rig);
  assert.throws(() => rig.analyzer.order!("freeze"), /Cannot take 0 samples/);
  street.pass(450);
  street.pass(300, 0.4);
  rig.analyzer.order!("freeze");
  assert.notEqual(rig.analyzer.remember!(), undefined);
  assert.equal(rig.analyzer.drift!().state, "gathering");
  const { figures } = street.pass(250, 0.4) as { figures: { score: { psi: number } } };
  assert.ok(figures.score.psi < 0.25);
  rig.analyzer.order!("relearn");
  assert.equal(rig.analyzer.drift!().state, "learning");
  assert.throws(() => rig.analyzer.order!("dance"), /Cannot dance/);
});

Deno.test("of heart rates the rates, how sure they are and why there are none are looked at, a reading so often", () => {
  const rig = new AnalyzerRig("drift", { ...OPTIONS, on: "pulse", everySeconds: 10 });
  rig.analyzer.follow!({ detect: MODEL });
  const next = random(9);
  let timeS = 0, said: Record<string, unknown> | undefined;
  const read = (count: number, reading: () => Record<string, unknown>) => {
    for (let n = 0; n < count * 10; n++) {
      const face = reading();
      const pulse = { notice: "", ...face, faces: [face, { track: 2, wave: {} }] };
      // Detections of the step before are not what was asked for, and most frames have no reading.
      const detect = { model: "m", detections: [{ box: [0, 0, 50, 50], label: "face", classId: 0, score: next() }] };
      said = rig.push(timeS += 0.5, { detect }) ?? said;
      said = rig.push(timeS += 0.5, { detect, pulse }) ?? said;
    }
  };
  const calm = () =>
    next() < 0.05 ? { confidence: 0.3, reasons: ["motion"] } : { bpm: 60 + 20 * next(), confidence: 0.9 };
  read(410, calm);
  assert.deepEqual([said!.state, said!.reference, said!.current, said!.digest], ["steady", 200, 200, MODEL.sha256]);
  assert.deepEqual(Object.keys(said!.figures as object), ["score", "class", "rate"]);
  const dark = () => next() < 0.5 ? { confidence: 0, reasons: ["dark"] } : { bpm: 90 + 20 * next(), confidence: 0.75 };
  read(230, dark);
  assert.equal(said!.state, "act");
  const reasons = (said!.reasons as string[]).join("; ");
  assert.match(reasons, /class (?:dark|rate) \d+ % → \d+ %/);
  assert.match(reasons, /rate 7\d → 1?\d\d /);
  assert.equal(rig.alerts.length, 1);
  // What was remembered before there were rates is taken on.
  const memory = rig.analyzer.remember!() as { references: [string, Record<string, unknown>][] };
  for (const [, reference] of memory.references) delete reference.rate;
  const again = new AnalyzerRig("drift", { ...OPTIONS, on: "pulse" });
  again.analyzer.follow!({ detect: MODEL });
  again.analyzer.recall!(memory);
  assert.equal(again.analyzer.drift!().reference, 200);
});
