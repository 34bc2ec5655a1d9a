import assert from "node:assert/strict";
import { barPlot, linePlot, scatterPlot } from "./plots.ts";

const axes = { x: "<time>", y: "rate" };

Deno.test("a plot keeps its points inside its frame, and nothing of its texts becomes markup", () => {
  const points = Array.from({ length: 50 }, (_, i) => ({ x: i * 3 - 20, y: (i * i) % 37 - 5 }));
  for (
    const svg of [
      scatterPlot("<b>", points, { ...axes, lines: [-3, 40] }),
      scatterPlot("<b>", points, { ...axes, diagonal: true }),
      linePlot("<b>", [{ name: "<i>", points }, { name: "other", points }], axes),
      barPlot("<b>", [{ name: "<i>", bars: [{ label: "<u>", value: 3 }, { label: "b", value: 0 }] }], axes),
    ]
  ) {
    assert.doesNotMatch(svg, /<[biu]>|<time>|NaN|Infinity|undefined/);
    for (const [, x, y] of svg.matchAll(/c?x="(-?[\d.]+)" c?y="(-?[\d.]+)"/g)) {
      assert.ok(Number(x) >= 0 && Number(x) <= 360 && Number(y) >= 0 && Number(y) <= 270, `${x}, ${y}`);
    }
  }
});

Deno.test("plots of nothing, of one point and of one level can be drawn", () => {
  for (const points of [[], [{ x: 1, y: 1 }], [{ x: 0, y: 72 }, { x: 5, y: 72 }]]) {
    assert.doesNotMatch(scatterPlot("p", points, axes), /NaN|Infinity/);
    assert.doesNotMatch(linePlot("p", [{ name: "n", points }], axes), /NaN|Infinity/);
  }
  assert.doesNotMatch(barPlot("p", [], axes), /NaN|Infinity/);
});
