import { join } from "node:path";
import { areaOf, type Dataset, type Sample } from "./dataset.ts";

/** A part of a dataset as COCO's instances. */
export function cocoInstances(samples: readonly Sample[], labels: readonly string[]): Record<string, unknown> {
  const categories = labels.map((name, index) => ({ id: index + 1, name, supercategory: "" }));
  const ids = new Map(categories.map(({ id, name }) => [name, id]));
  const images = samples.map(({ file, width, height, atMs, stream }, index) => ({
    id: index + 1,
    file_name: file,
    width,
    height,
    date_captured: new Date(atMs).toISOString(),
    stream,
  }));
  const annotations = samples.flatMap(({ objects }, index) =>
    objects.map(({ box, label, score, track, outlines }) => ({
      image_id: index + 1,
      category_id: ids.get(label)!,
      bbox: box.map(tidy),
      area: tidy(outlines ? outlines.reduce((sum, ring) => sum + areaOf(ring), 0) : box[2] * box[3]),
      iscrowd: 0,
      // Without an outline the box is the best one there is.
      segmentation: outlines ?? [cornersOf(box)],
      score,
      ...(track !== undefined && { track_id: track }),
    }))
  ).map((annotation, index) => ({ id: index + 1, ...annotation }));
  return {
    info: { description: "Captured by Weir; what is in it was found by a model and should be looked through" },
    licenses: [],
    images,
    annotations,
    categories,
  };
}

/** Writes a dataset as COCO has it: `images/` and `annotations/instances_<part>.json`. */
export async function exportCoco(
  directory: string,
  parts: Readonly<Record<string, readonly Sample[]>>,
  { labels }: Pick<Dataset, "labels">,
  onImage: () => void,
): Promise<void> {
  await Deno.mkdir(join(directory, "images"), { recursive: true });
  await Deno.mkdir(join(directory, "annotations"));
  for (const [part, samples] of Object.entries(parts)) {
    for (const { path, file } of samples) {
      await Deno.copyFile(path, join(directory, "images", file));
      onImage();
    }
    const text = JSON.stringify(cocoInstances(samples, labels), null, 1);
    await Deno.writeTextFile(join(directory, "annotations", `instances_${part}.json`), `${text}\n`);
  }
}

function tidy(value: number): number {
  return Math.round(value * 100) / 100;
}

function cornersOf([x, y, width, height]: readonly number[]): number[] {
  return [x, y, x + width, y, x + width, y + height, x, y + height].map(tidy);
}
