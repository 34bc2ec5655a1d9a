import type { GraphInfo } from "./graph_info.ts";
import { metadataLabels } from "./labels.ts";
import { parsePythonLiteral, type PythonValue } from "./python_literal.ts";

/** What Ultralytics' exporters write into a file. */
export interface Ultralytics {
  /** `detect`, `segment`, `pose`, `classify`, `obb` …; YOLOv5's own exporter leaves it out. */
  task?: string;
  /** Where the metadata come from, for people. */
  what: string;
  names: string[];
  size?: { width: number; height: number };
  /** Points of a skeleton and numbers a point. */
  keypoints?: [points: number, numbers: number];
  /** True for RT-DETR, whose boxes are fractions of the input. */
  transformer: boolean;
}

/** What Ultralytics' exporters say in a file's metadata; undefined for files of others. */
export function ultralyticsOf(graph: GraphInfo): Ultralytics | undefined {
  const { metadata } = graph;
  const { author, task, description = "", head = "", version } = metadata;
  const byName = author === "Ultralytics" || /^Ultralytics /.test(description);
  // YOLOv5's exporter writes no more than these two.
  const byKeys = "stride" in metadata && "names" in metadata;
  if (!byName && !byKeys) return undefined;
  const size = numbers(metadata.imgsz, 2);
  const keypoints = numbers(metadata.kpt_shape, 2);
  const product = /^Ultralytics (\S+)/.exec(description)?.[1];
  return {
    ...(task ? { task } : {}),
    what: byName
      ? `its metadata is Ultralytics' (${product ?? "YOLO"}${version ? `, exported by version ${version}` : ""})`
      : "its metadata has Ultralytics' form",
    names: metadataLabels(graph),
    ...(size ? { size: { width: size[1], height: size[0] } } : {}),
    ...(keypoints ? { keypoints: [keypoints[0], keypoints[1]] } : {}),
    transformer: /RTDETR/i.test(head) || /rt-?detr/i.test(description),
  };
}

function numbers(text: string | undefined, count: number): number[] | undefined {
  const value: PythonValue | undefined = text === undefined ? undefined : parsePythonLiteral(text);
  const list = typeof value === "number" ? [value, value] : value;
  if (!Array.isArray(list) || list.length !== count) return undefined;
  const valid = list.every((item) => typeof item === "number" && Number.isInteger(item) && item > 0 && item <= 16384);
  return valid ? list as number[] : undefined;
}
