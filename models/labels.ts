import type { ModelSpec } from "../src/core/model.ts";
import type { Hints } from "./adapter.ts";
import { COCO_80, COCO_91 } from "./coco_labels.ts";
import type { GraphInfo } from "./graph_info.ts";
import { IMAGENET_1000 } from "./imagenet_labels.ts";
import type { Manifest } from "./manifest_schema.ts";
import { ModelError } from "./model_error.ts";
import { parsePythonLiteral, type PythonValue } from "./python_literal.ts";

/** Metadata keys under which exporters leave names of classes. */
const KEYS = ["names", "id2label", "labels", "classes", "class_names"];
const MOST = 100_000;

/** Lists that a manifest may name in the place of names of its own. */
export const KNOWN_LABELS: Readonly<Record<string, readonly string[]>> = {
  coco: COCO_80,
  "coco-91": COCO_91,
  imagenet: IMAGENET_1000,
};

/** The names that a manifest gives, by themselves or by a list's name; undefined where it names none, or a file. */
export function givenLabels({ labels }: Pick<Manifest, "labels">): readonly string[] | undefined {
  if (typeof labels !== "string") return labels;
  return Object.hasOwn(KNOWN_LABELS, labels) ? KNOWN_LABELS[labels] : undefined;
}

/** Names of classes that a file carries in its metadata, by number; empty when it carries none. */
export function metadataLabels({ metadata }: Pick<GraphInfo, "metadata">): string[] {
  for (const key of KEYS) {
    const text = metadata[key];
    if (!text) continue;
    const labels = listed(parsePythonLiteral(text)) ?? separated(text);
    if (labels.length > 0) return labels;
  }
  return [];
}

/**
 * The names for `count` classes, with a sentence on where they come from; `usual` is whose they are assumed to be where
 * nobody names any and the number is that one's. Throws when the numbers differ.
 */
export function labelsFor(
  graph: GraphInfo,
  { count, hints, usual = "coco" }: { count: number; hints: Hints; usual?: "coco" | "imagenet" | "none" },
): { labels: string[]; why: string } {
  const counted = count === 1 ? "one class" : `${count} classes`;
  if (hints.labels && hints.labels.length > 0) {
    const labels = withBackground(hints.labels, count);
    checkCount(labels.length, count, "the manifest");
    return { labels, why: `the manifest names its ${counted}` };
  }
  const own = metadataLabels(graph);
  if (own.length > 0) {
    checkCount(own.length, count, "its metadata");
    return { labels: own, why: `its metadata names its ${counted}` };
  }
  if (usual === "coco" && count === COCO_80.length) {
    return { labels: [...COCO_80], why: "it has 80 classes and names none: assumed to be COCO's" };
  }
  const imagenet = withBackground(IMAGENET_1000, count);
  if (usual === "imagenet" && count === imagenet.length) {
    return { labels: imagenet, why: `it has ${count} classes and names none: assumed to be ImageNet's` };
  }
  return { labels: [], why: `the file does not name its ${counted}: they come out as 'class 0' and so on` };
}

/** A class's name in results. */
export function labelOf(spec: Pick<ModelSpec, "labels">, classId: number): string {
  return spec.labels[classId] ?? `class ${classId}`;
}

/** TensorFlow's classifiers of ImageNet have a class for nothing of it before the thousand that people list. */
function withBackground(labels: readonly string[], count: number): string[] {
  const lacks = labels.length === IMAGENET_1000.length && count === labels.length + 1;
  return lacks ? ["background", ...labels] : [...labels];
}

function checkCount(named: number, count: number, where: string): void {
  if (named === count) return;
  throw new ModelError("manifest", `${where} names ${named} classes, but its outputs have ${count}`);
}

function listed(value: PythonValue | undefined): string[] | undefined {
  if (value === undefined || value === null || typeof value !== "object") return undefined;
  if (Array.isArray(value)) return value.map(String);
  const ids = Object.keys(value).map(Number);
  const most = ids.reduce((a, b) => Math.max(a, b), -1);
  if (!ids.every((id) => Number.isInteger(id) && id >= 0) || most >= MOST) return undefined;
  return Array.from({ length: most + 1 }, (_, id) => String(value[id] ?? `class ${id}`));
}

function separated(text: string): string[] {
  const names = text.split(text.includes("\n") ? "\n" : ",").map((name) => name.trim()).filter((name) => name !== "");
  return names.length > 1 ? names : [];
}
