// An analyzer of one's own: how crowded the picture is. One file, without packages:
// weir run scene:pitch --plugin examples/crowding.ts --model weir-pitch --analyze "crowding?of=player"

interface Detection {
  box: [x: number, y: number, width: number, height: number];
  label: string;
}

/** What a frame brings; src/core/analyzer.ts has all of it. */
interface Frame {
  outputs: Record<string, { detections?: Detection[] }>;
}

export default {
  kind: "crowding",
  describe: "how close together things of one label stand: the median distance to the nearest other one",
  options: {
    properties: {
      of: { type: "string", minLength: 1, default: "person", description: "The label that is looked at" },
      near: { type: "number", exclusiveMinimum: 0, default: 60, description: "Crowded below so many pixels" },
    },
  },
  create({ of, near }: { of: string; near: number }) {
    let crowdedFrames = 0;
    return {
      /** Called for every frame, in order; what it answers is published under the step's name. */
      push({ outputs }: Frame) {
        const all = Object.values(outputs).flatMap(({ detections }) => detections ?? []);
        const centres = all.filter(({ label }) => label === of).map(({ box: [x, y, w, h] }) => [x + w / 2, y + h / 2]);
        const nearest = centres.map(([x, y], self) =>
          Math.min(...centres.filter((_, other) => other !== self).map(([u, v]) => Math.hypot(u - x, v - y)))
        ).sort((a, b) => a - b);
        const distance = nearest[Math.floor(nearest.length / 2)] ?? Infinity;
        const crowded = distance < near;
        if (crowded) crowdedFrames++;
        return { count: centres.length, crowded, crowdedFrames, ...(distance < Infinity && { distance }) };
      },
      /** The camera was connected anew: motion is forgotten, totals live on. There is no motion here. */
      reset() {},
    };
  },
};
