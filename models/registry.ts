import type { Adapter, Hints, Recognition } from "./adapter.ts";
import { classify } from "./classify.ts";
import { detr } from "./detr.ts";
import { embed } from "./embed.ts";
import { fastestdet } from "./fastestdet.ts";
import type { GraphInfo } from "./graph_info.ts";
import { head } from "./head.ts";
import { nanodet } from "./nanodet.ts";
import { scrfd } from "./scrfd.ts";
import { ssd } from "./ssd.ts";
import { tensor } from "./tensor.ts";
import { ultraface } from "./ultraface.ts";
import { wave } from "./wave.ts";
import { yolo } from "./yolo.ts";
import { yolox } from "./yolox.ts";
import { yunet } from "./yunet.ts";

/** All adapters; the first that recognises a file reads it, so the more particular come first. */
export const ADAPTERS: readonly Adapter[] = [
  yunet,
  scrfd,
  ultraface,
  ssd,
  nanodet,
  detr,
  fastestdet,
  yolo,
  yolox,
  classify,
  embed,
  head,
  wave,
  tensor,
];

/** The adapter of that name; throws when there is none. */
export function adapterNamed(name: string): Adapter {
  const adapter = ADAPTERS.find((adapter) => adapter.name === name);
  if (adapter) return adapter;
  throw new RangeError(`There is no adapter '${name}': there are ${ADAPTERS.map(({ name }) => name).join(", ")}`);
}

/** The first adapter that recognises the file, and what it makes of it. */
export function recognise(
  graph: GraphInfo,
  hints: Hints = {},
): { adapter: Adapter; recognition: Recognition } | undefined {
  for (const adapter of ADAPTERS) {
    const recognition = adapter.recognise(graph, hints);
    if (recognition) return { adapter, recognition };
  }
  return undefined;
}
