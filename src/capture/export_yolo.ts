import { extname, join } from "node:path";
import { stringify } from "yaml";
import type { Dataset, Sample } from "./dataset.ts";

/** What is in a picture as YOLO's labels say it: class, centre and size as shares of the picture's, a line for each. */
export function yoloLabels({ width, height, objects }: Sample, labels: readonly string[]): string {
  return objects.map(({ label, box: [x, y, w, h] }) => {
    const shares = [(x + w / 2) / width, (y + h / 2) / height, w / width, h / height];
    return `${labels.indexOf(label)} ${shares.map((share) => share.toFixed(6)).join(" ")}\n`;
  }).join("");
}

/** Writes a dataset as YOLO's trainers want it: `images/<part>/`, `labels/<part>/` and `data.yaml`. */
export async function exportYolo(
  directory: string,
  parts: Readonly<Record<string, readonly Sample[]>>,
  { labels }: Pick<Dataset, "labels">,
  onImage: () => void,
): Promise<void> {
  for (const [part, samples] of Object.entries(parts)) {
    const [images, texts] = ["images", "labels"].map((kind) => join(directory, kind, part));
    await Deno.mkdir(images, { recursive: true });
    await Deno.mkdir(texts, { recursive: true });
    for (const sample of samples) {
      const { path, file } = sample;
      await Deno.copyFile(path, join(images, file));
      const name = `${file.slice(0, -extname(file).length)}.txt`;
      await Deno.writeTextFile(join(texts, name), yoloLabels(sample, labels));
      onImage();
    }
  }
  // Trainers want both parts; where nothing was set aside they validate on what they learn from, and should know.
  const val = "val" in parts ? "images/val" : "images/train";
  await Deno.writeTextFile(join(directory, "data.yaml"), stringify({ train: "images/train", val, names: labels }));
}
