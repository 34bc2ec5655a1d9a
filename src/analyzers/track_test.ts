import assert from "node:assert/strict";
import { random } from "../../scripts/bench/random.ts";
import type { Analyzer } from "../core/analyzer.ts";
import type { Box, Detection, ModelOutput } from "../core/results.ts";
import { analyzerNamed } from "./registry.ts";
import { type TrackOutput, trackSchema } from "./track.ts";

const METHODS = ["bytetrack", "ocsort"] as const;
const FRAME_US = 40_000;

interface Seen {
  x: number;
  y?: number;
  score?: number;
  label?: string;
}

const LABELS = ["person", "car"];

function detection({ x, y = 100, score = 0.9, label = "person" }: Seen): Detection {
  return { box: [x, y, 40, 80], label, classId: LABELS.indexOf(label), score };
}

/** A tracker with a stream before it. */
class Rig {
  readonly analyzer: Analyzer;
  #seq = 0;
  #ptsUs = 0;

  constructor(options: Record<string, unknown> = {}) {
    this.analyzer = analyzerNamed("track", options);
  }

  /** Shows one frame, so many frames after the one before; answers the identities by detection. */
  show(seen: readonly Seen[], frames = 1): (number | undefined)[] {
    return this.push(seen.map(detection), frames).detections.map(({ track }) => track);
  }

  push(detections: Detection[], frames = 1): { detections: Detection[]; output: TrackOutput } {
    this.#ptsUs += frames * FRAME_US;
    const outputs: Record<string, ModelOutput> = { detect: { model: "m", detections } };
    const info = { stream: "test", epoch: 1, seq: ++this.#seq, ptsUs: this.#ptsUs, arrivedAtMs: 0 };
    const output = this.analyzer.push({ info, width: 1280, height: 720, outputs }) as TrackOutput;
    return { detections: outputs.detect.detections!, output };
  }
}

for (const method of METHODS) {
  Deno.test(`${method}: two that meet and pass each other keep their identities`, () => {
    const rig = new Rig({ method });
    for (let frame = 0; frame < 60; frame++) {
      const [one, other] = rig.show([{ x: 100 + 6 * frame, y: 100 }, { x: 460 - 6 * frame, y: 130 }]);
      assert.deepEqual([one, other], [1, 2], `frame ${frame}`);
    }
  });

  Deno.test(`${method}: the order of detections means nothing`, () => {
    const next = random(3);
    const rig = new Rig({ method });
    const home = [50, 250, 450, 650, 850];
    for (let frame = 0; frame < 30; frame++) {
      const order = home.map((x, who) => ({ x: x + frame, who, at: next() })).sort((a, b) => a.at - b.at);
      const tracks = rig.show(order);
      const byHome = new Map(order.map(({ who }, index) => [tracks[index], who]));
      assert.equal(byHome.size, home.length);
      if (frame > 0) continue;
      assert.deepEqual([...byHome.keys()].toSorted(), [1, 2, 3, 4, 5]);
    }
  });

  Deno.test(`${method}: what is out of sight comes back as itself within keepMs, and as somebody new after it`, () => {
    const walk = (missing: number) => {
      const rig = new Rig({ method, keepMs: 800 });
      for (let frame = 0; frame < 20; frame++) rig.show([{ x: 100 + 2 * frame }]);
      for (let frame = 0; frame < missing; frame++) rig.show([]);
      for (let frame = 0; frame < 8; frame++) {
        const [track] = rig.show([{ x: 100 + 2 * (20 + missing + frame) }]);
        if (track !== undefined) return track;
      }
    };
    assert.equal(walk(15), 1);
    assert.equal(walk(30), 2);
  });

  Deno.test(`${method}: time out of sight is time, not frames`, () => {
    for (const [gap, expected] of [[15, 1], [60, 2]]) {
      const rig = new Rig({ method, keepMs: 800 });
      for (let frame = 0; frame < 20; frame++) rig.show([{ x: 100 }]);
      // One empty frame, however long it lasts.
      rig.show([], gap);
      const tracks = Array.from({ length: 6 }, () => rig.show([{ x: 100 }])[0]);
      assert.equal(tracks.find((track) => track !== undefined), expected, `${gap} frames`);
    }
  });

  Deno.test(`${method}: a fast one keeps its identity over dropped frames, which it would not if time stood still`, () => {
    const run = (frames: number) => {
      const rig = new Rig({ method });
      for (let frame = 0; frame < 30; frame++) rig.show([{ x: 10 + 12 * frame }]);
      // Eight frames on it is more than its own width away from where it was.
      return rig.show([{ x: 10 + 12 * 37 }], frames)[0];
    };
    assert.equal(run(8), 1);
    assert.notEqual(run(1), 1);
  });

  Deno.test(`${method}: sampled frames are tracked as well as all of them`, () => {
    for (const every of [1, 2, 4]) {
      const rig = new Rig({ method });
      const identities = new Set<number>();
      for (let frame = 0; frame < 120; frame += every) {
        // Slow at first: what is faster than its own width a frame nobody can follow from the start.
        const x = 20 + 0.05 * frame * frame;
        for (const track of rig.show([{ x }, { x: 1000 - x, y: 300 }], every)) if (track) identities.add(track);
      }
      assert.deepEqual([...identities].sort(), [1, 2], `every ${every}`);
    }
  });

  Deno.test(`${method}: a new epoch forgets all motion, but identities go on rising and totals live on`, () => {
    const rig = new Rig({ method });
    for (let frame = 0; frame < 10; frame++) rig.show([{ x: 100 }, { x: 500 }]);
    rig.analyzer.reset();
    const { detections, output } = rig.push([{ x: 100 }, { x: 500 }].map(detection));
    assert.deepEqual(detections.map(({ track }) => track), [3, 4]);
    assert.deepEqual(output, { active: 2, lost: 0, total: 4 });
  });

  Deno.test(`${method}: the answer counts who is here, who is looked for, and all there were`, () => {
    const rig = new Rig({ method, keepMs: 400 });
    for (let frame = 0; frame < 9; frame++) rig.show([{ x: 100 }, { x: 500 }]);
    assert.deepEqual(rig.push([{ x: 100 }].map(detection)).output, { active: 1, lost: 1, total: 2 });
    for (let frame = 0; frame < 15; frame++) rig.show([{ x: 100 }]);
    assert.deepEqual(rig.push([{ x: 100 }].map(detection)).output, { active: 1, lost: 0, total: 2 });
    assert.deepEqual(rig.push([]).output, { active: 0, lost: 1, total: 2 });
  });

  Deno.test(`${method}: what flashes up once gets no identity, unless confirmation is switched off`, () => {
    const rig = new Rig({ method });
    for (let frame = 0; frame < 10; frame++) rig.show([{ x: 100 }]);
    assert.deepEqual(rig.show([{ x: 100 }, { x: 600 }]), [1, undefined]);
    for (let frame = 0; frame < 50; frame++) rig.show([{ x: 100 }]);
    assert.equal(rig.push([{ x: 100 }].map(detection)).output.total, 1);
    const trusting = new Rig({ method, confirm: 0 });
    for (let frame = 0; frame < 10; frame++) trusting.show([{ x: 100 }]);
    assert.deepEqual(trusting.show([{ x: 100 }, { x: 600 }]), [1, 2]);
  });

  Deno.test(`${method}: things of different classes are not the same, unless told that they may be`, () => {
    const run = (acrossClasses: boolean) => {
      const rig = new Rig({ method, acrossClasses });
      for (let frame = 0; frame < 10; frame++) rig.show([{ x: 100, label: "person" }]);
      for (let frame = 0; frame < 5; frame++) rig.show([{ x: 100, label: "car" }]);
      return rig.show([{ x: 100, label: "car" }])[0];
    };
    assert.equal(run(false), 2);
    assert.equal(run(true), 1);
  });

  Deno.test(`${method}: unsure detections carry a track on but begin none`, () => {
    const rig = new Rig({ method, low: 0.1 });
    for (let frame = 0; frame < 10; frame++) rig.show([{ x: 100 }]);
    for (let frame = 0; frame < 10; frame++) {
      assert.deepEqual(rig.show([{ x: 100, score: 0.2 }, { x: 500, score: 0.5 }, { x: 300, score: 0.05 }]), [
        1,
        undefined,
        undefined,
      ]);
    }
  });

  Deno.test(`${method}: identities rise one by one and are never given twice, whatever comes`, () => {
    const next = random(11);
    const rig = new Rig({ method, keepMs: 200, confirm: 0 });
    let highest = 0;
    for (let frame = 0; frame < 400; frame++) {
      if (frame % 90 === 89) rig.analyzer.reset();
      const seen = Array.from({ length: Math.floor(next() * 12) }, () => ({
        x: next() * 600,
        y: next() * 300,
        score: next(),
        label: LABELS[Math.floor(next() * 2)],
      }));
      const { detections, output } = rig.push(seen.map(detection), 1 + Math.floor(next() * 3));
      const tracks = detections.flatMap(({ track }) => track === undefined ? [] : [track]);
      assert.equal(new Set(tracks).size, tracks.length, "one identity twice in a frame");
      const fresh = tracks.filter((track) => track > highest).sort((a, b) => a - b);
      assert.deepEqual(fresh, fresh.map((_, index) => highest + 1 + index));
      highest += fresh.length;
      assert.deepEqual([output.active, output.total], [tracks.length, highest]);
    }
    assert.ok(highest > 50, `${highest}`);
  });

  Deno.test(`${method}: time that stands still or jumps back does not tear tracks`, () => {
    const rig = new Rig({ method });
    for (let frame = 0; frame < 10; frame++) rig.show([{ x: 100 + 3 * frame }]);
    assert.deepEqual(rig.show([{ x: 133 }], 0), [1]);
    assert.deepEqual(rig.show([{ x: 136 }], -5000), [1]);
    assert.deepEqual(rig.show([{ x: 139 }]), [1]);
  });

  Deno.test(`${method}: boxes are the detector's own, or the filter's smoother ones`, () => {
    const shake = (boxes: string) => {
      const rig = new Rig({ method, boxes });
      const found: Box[] = [];
      for (let frame = 0; frame < 60; frame++) {
        const { detections: [{ box }] } = rig.push([detection({ x: 100 + (frame % 2) * 6 })]);
        if (frame >= 40) found.push(box);
      }
      const lefts = found.map(([x]) => x);
      return Math.max(...lefts) - Math.min(...lefts);
    };
    assert.equal(shake("detected"), 6);
    assert.ok(shake("filtered") < 5);
  });

  Deno.test(`${method}: a stream full of everything is tracked in bounded memory`, () => {
    const next = random(17);
    const rig = new Rig({ method, keepMs: 600_000, confirm: 0 });
    for (let frame = 0; frame < 30; frame++) {
      const detections = Array.from({ length: 100 }, () => detection({ x: next() * 1e5, y: next() * 1e5 }));
      const { output } = rig.push(detections);
      assert.ok(output.active + output.lost <= 1100, `${output.active} + ${output.lost}`);
    }
  });
}

Deno.test("bytetrack finds again by an unsure detection, or, as in the paper, by a sure one only", () => {
  const run = (regain: boolean) => {
    const rig = new Rig({ regain });
    for (let frame = 0; frame < 10; frame++) rig.show([{ x: 100 }]);
    for (let frame = 0; frame < 5; frame++) rig.show([]);
    return rig.show([{ x: 100, score: 0.3 }])[0];
  };
  assert.equal(run(true), 1);
  assert.equal(run(false), undefined);
});

Deno.test("ocsort finds somebody who stopped out of sight where they were last seen", () => {
  const run = (recover: boolean) => {
    const rig = new Rig({ method: "ocsort", recover, confirm: 0 });
    for (let frame = 0; frame < 20; frame++) rig.show([{ x: 100 + 10 * frame }]);
    for (let frame = 0; frame < 8; frame++) rig.show([]);
    return rig.show([{ x: 290 }])[0];
  };
  assert.equal(run(true), 1);
  assert.equal(run(false), 2);
});

Deno.test("ocsort goes over the time out of sight again when somebody comes back on another path", () => {
  const speedAfter = (replay: boolean) => {
    const rig = new Rig({ method: "ocsort", replay, boxes: "filtered" });
    for (let frame = 0; frame < 20; frame++) rig.show([{ x: 100 + 4 * frame }]);
    for (let frame = 0; frame < 10; frame++) rig.show([]);
    // Back where the last sighting was: it did not move meanwhile, and does not now.
    rig.show([{ x: 176 }]);
    rig.show([]);
    const { detections: [{ box }] } = rig.push([detection({ x: 176 })]);
    return Math.abs(box[0] - 176);
  };
  assert.ok(speedAfter(true) < speedAfter(false), `${speedAfter(true)} and ${speedAfter(false)}`);
});

Deno.test("ocsort falls silent after a loss only where it is told to confirm anew", () => {
  const run = (reconfirm: boolean) => {
    const rig = new Rig({ method: "ocsort", reconfirm });
    for (let frame = 0; frame < 10; frame++) rig.show([{ x: 100 }]);
    rig.show([]);
    return Array.from({ length: 4 }, () => rig.show([{ x: 100 }])[0]);
  };
  assert.deepEqual(run(false), [1, 1, 1, 1]);
  assert.deepEqual(run(true), [undefined, undefined, 1, 1]);
});

Deno.test("detections that were for the tracker only are not published, those it vouches for are", () => {
  const rig = new Rig({ publishAbove: 0.4 });
  for (let frame = 0; frame < 10; frame++) rig.show([{ x: 100 }]);
  const seen = [{ x: 100, score: 0.2 }, { x: 500, score: 0.3 }, { x: 800, score: 0.45 }];
  const { detections } = rig.push(seen.map(detection));
  assert.deepEqual(detections.map(({ score, track }) => [score, track]), [[0.2, 1], [0.45, undefined]]);
});

Deno.test("only the classes asked for are tracked", () => {
  const rig = new Rig({ classes: ["car"] });
  assert.deepEqual(rig.show([{ x: 100, label: "person" }, { x: 500, label: "car" }]), [undefined, 1]);
});

Deno.test("the latest step with detections is tracked, or the one that is named", () => {
  const frame = () => ({
    info: { stream: "test", epoch: 1, seq: 1, ptsUs: 0, arrivedAtMs: 0 },
    width: 640,
    height: 360,
    outputs: {
      first: { model: "a", detections: [detection({ x: 10 })] } as ModelOutput,
      second: { model: "b", detections: [detection({ x: 10 })] } as ModelOutput,
      counter: { value: 3 },
    },
  });
  const tracks = ({ outputs: { first, second } }: ReturnType<typeof frame>) =>
    [first, second].map(({ detections }) => detections![0].track);
  const latest = frame();
  analyzerNamed("track", {}).push(latest);
  assert.deepEqual(tracks(latest), [undefined, 1]);
  const named = frame();
  analyzerNamed("track", { on: "first" }).push(named);
  assert.deepEqual(tracks(named), [1, undefined]);
  assert.throws(() => analyzerNamed("track", { on: "counter" }).push(frame()), /step counter before has no detections/);
  assert.throws(() => analyzerNamed("track", {}).push({ ...frame(), outputs: {} }), /no step before has detections/);
});

Deno.test("boxes without an area are left alone", () => {
  const rig = new Rig({ confirm: 0 });
  const flat: Detection = { ...detection({ x: 10 }), box: [10, 10, 0, 30] };
  assert.deepEqual(rig.push([flat, detection({ x: 200 })]).detections.map(({ track }) => track), [undefined, 1]);
});

Deno.test("options that do not fit are refused, and each that does is described", () => {
  assert.throws(() => analyzerNamed("track", { hihg: 0.5 }), /hihg/);
  assert.throws(() => analyzerNamed("track", { method: "sort" }), /method/);
  assert.throws(() => analyzerNamed("track", { inertia: 0.2 }), /inertia is an option of ocsort, not of bytetrack/);
  assert.throws(() => analyzerNamed("track", { method: "ocsort", regain: true }), /regain is an option of bytetrack/);
  assert.throws(() => analyzerNamed("track", { high: 0.3, low: 0.5 }), /low must not be more than high, which is 0.3/);
  for (const [key, { description }] of Object.entries(trackSchema.shape)) assert.ok(description, key);
});
