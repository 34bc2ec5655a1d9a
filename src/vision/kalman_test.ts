import assert from "node:assert/strict";
import { assetTest } from "../../tests/support/assets.ts";
import type { Box } from "../core/results.ts";
import { AxisFilter, stepNoise } from "./kalman.ts";
import { KalmanXyah } from "./kalman_xyah.ts";
import { KalmanXysr } from "./kalman_xysr.ts";

function near(actual: number, expected: number, what: string): void {
  const limit = 1e-9 * Math.max(1, Math.abs(expected));
  assert.ok(Math.abs(actual - expected) <= limit, `${what}: ${actual} is not ${expected}`);
}

const centreOf = ([x, y, width, height]: Box) => [x + width / 2, y + height / 2];
const boxAround = (x: number, y: number, width: number, height: number): Box => [
  x - width / 2,
  y - height / 2,
  width,
  height,
];

Deno.test("one prediction over several steps is as many predictions of one", () => {
  const start = () => {
    const axis = new AxisFilter(7, { position: 4, velocity: 25 });
    axis.velocity = 3;
    return axis;
  };
  const stepwise = start();
  for (let i = 0; i < 5; i++) stepwise.predict(1, stepNoise(1, 2, 0.5));
  const atOnce = start();
  atOnce.predict(5, stepNoise(5, 2, 0.5));
  near(atOnce.position, stepwise.position, "position");
  near(atOnce.velocity, stepwise.velocity, "velocity");
  for (const key of ["position", "cross", "velocity"] as const) {
    near(atOnce.covariance[key], stepwise.covariance[key], key);
  }
});

Deno.test("parts of a step leave a covariance that is one", () => {
  const axis = new AxisFilter(0, { position: 1, velocity: 0 });
  for (let i = 0; i < 200; i++) {
    axis.predict(0.01 + (i % 10) / 7, stepNoise(0.01 + (i % 10) / 7, 1, 0.01));
    if (i % 3 === 0) axis.update(i, 1);
    const { position, cross, velocity } = axis.covariance;
    assert.ok(position > 0 && velocity >= 0 && position * velocity - cross * cross >= -1e-9);
  }
});

Deno.test("both box filters learn a steady motion and carry it over a gap in true time", () => {
  for (const Filter of [KalmanXyah, KalmanXysr]) {
    const boxAt = (time: number): Box => boxAround(100 + 6 * time, 200 - 2 * time, 40, 80);
    const filter = new Filter(boxAt(0));
    for (let time = 1; time <= 40; time++) {
      filter.predict(1, false);
      filter.update(boxAt(time));
    }
    filter.predict(12, false);
    const [x, y] = centreOf(filter.box());
    const [wantedX, wantedY] = centreOf(boxAt(52));
    assert.ok(Math.hypot(x - wantedX, y - wantedY) < 1.5, `${Filter.name}: ${x}, ${y}`);
  }
});

Deno.test("a filter's copy goes its own way", () => {
  for (const Filter of [KalmanXyah, KalmanXysr]) {
    const filter = new Filter([0, 0, 40, 80]);
    const copy = new Filter([500, 500, 10, 10]) as typeof filter;
    copy.copy(filter as never);
    assert.deepEqual(copy.box(), filter.box());
    filter.predict(1, false);
    filter.update([30, 30, 40, 80]);
    assert.notDeepEqual(copy.box(), filter.box());
  }
});

Deno.test("what is lost does not go on growing, and what shrinks does not vanish", () => {
  const growing = new KalmanXyah([0, 0, 40, 80]);
  growing.height.velocity = 5;
  growing.predict(4, true);
  assert.equal(growing.box()[3], 80);
  const shrinking = new KalmanXysr([0, 0, 40, 80]);
  shrinking.area.velocity = -1000;
  shrinking.predict(10);
  assert.deepEqual(shrinking.box().map(Math.round), [0, 0, 40, 80]);
});

assetTest("a filter with a gap in its measurements gives filterpy's numbers", ["vectors/numeric.json"], (path) => {
  const { kalman_cv2d: golden } = JSON.parse(Deno.readTextFileSync(path));
  const [[position, cross], [, velocity]] = golden.Q2;
  const noise = { position, cross, velocity };
  const first = { position: 1, velocity: 100 };
  const axes = [new AxisFilter(0, first), new AxisFilter(0, first)];
  let checked = 0;
  for (let i = 0; i < 50; i++) {
    const time = i * 0.04;
    const measured = [12 * time, 3 + 8 * time - 4.9 * time * time];
    axes.forEach((axis, which) => {
      axis.predict(0.04, noise);
      if (i < 20 || i > 29) axis.update(measured[which], 0.25);
    });
    const state = axes.flatMap((axis) => [axis.position, axis.velocity]);
    golden.x[i]?.forEach((value: number, at: number) => near(state[at], value, `x[${at}] at ${i}`));
    if (golden.P00[i] !== undefined) near(axes[0].covariance.position, golden.P00[i], `P00 at ${i}`);
    checked += Number(golden.x[i] !== undefined);
  }
  assert.equal(checked, Object.keys(golden.x).length);
});

assetTest("ByteTrack's filter gives the reference's numbers", ["vectors/numeric.json"], (path) => {
  const { bytetrack_kf_xyah: golden } = JSON.parse(Deno.readTextFileSync(path));
  const toBox = ([x, y, aspect, height]: number[]) => boxAround(x, y, aspect * height, height);
  const filter = new KalmanXyah(toBox(golden.init));
  const axes = () => [filter.x, filter.y, filter.aspect, filter.height];
  const check = (what: string, expected: number[], actual: number[]) =>
    expected.forEach((value, at) => near(actual[at], value, `${what}[${at}]`));
  const diagonal = () => [
    ...axes().map(({ covariance }) => covariance.position),
    ...axes().map(({ covariance }) => covariance.velocity),
  ];
  const mean = () => [...axes().map(({ position }) => position), ...axes().map(({ velocity }) => velocity)];
  check("P at first", golden.init_diagP, diagonal());
  filter.predict(1, false);
  check("P predicted", golden.pred_diagP, diagonal());
  filter.update(toBox(golden.update_with));
  check("mean updated", golden.upd_mean, mean());
  check("P updated", golden.upd_diagP, diagonal());
  filter.predict(1, false);
  check("mean predicted", golden.pred2_mean, mean());
});
