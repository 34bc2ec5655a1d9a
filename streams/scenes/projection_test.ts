import assert from "node:assert/strict";
import { Projection } from "./projection.ts";

const pose = { x: 48, y: 104, z: 19, pan: 0.31, tilt: 0.27, focal: 2100 };

function aimed(): Projection {
  const projection = new Projection(1280, 720);
  projection.aim(pose);
  return projection;
}

Deno.test("the homography and the projection agree on the ground", () => {
  const projection = aimed();
  const h = projection.homography();
  assert.equal(h[8], 1);
  for (const [x, y] of [[52.5, 34], [80, 10], [60, 60], [105, 0]]) {
    assert.ok(projection.project(x, y, 0));
    const w: number = h[6] * x + h[7] * y + h[8];
    assert.ok(Math.abs((h[0] * x + h[1] * y + h[2]) / w - projection.u) < 1e-6);
    assert.ok(Math.abs((h[3] * x + h[4] * y + h[5]) / w - projection.v) < 1e-6);
  }
});

Deno.test("what is higher lies higher in the picture, what is further is smaller, x grows to the right", () => {
  const projection = aimed();
  const see = (x: number, y: number, z: number) => {
    projection.project(x, y, z);
    return { u: projection.u, v: projection.v, scale: projection.scale };
  };
  assert.ok(see(60, 40, 2).v < see(60, 40, 0).v);
  assert.ok(see(60, 10, 0).scale < see(60, 60, 0).scale);
  assert.ok(see(61, 40, 0).u > see(60, 40, 0).u);
  assert.ok(see(60, 41, 0).v > see(60, 40, 0).v);
});

Deno.test("the point that the camera looks at lies in the middle, what lies behind it is not seen", () => {
  const projection = aimed();
  const { forwardX, forwardY, forwardZ } = projection;
  assert.ok(projection.project(pose.x + 50 * forwardX, pose.y + 50 * forwardY, pose.z + 50 * forwardZ));
  assert.ok(Math.abs(projection.u - 640) < 1e-9 && Math.abs(projection.v - 360) < 1e-9);
  assert.ok(Math.abs(projection.scale - pose.focal / 50) < 1e-9);
  assert.equal(projection.project(pose.x - 50 * forwardX, pose.y - 50 * forwardY, 0), false);
});
