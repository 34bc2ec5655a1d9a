import type { InputSpec, ModelSpec } from "../src/core/model.ts";
import { ModelError } from "./model_error.ts";
import { type Feed, type TensorData } from "./tensors.ts";

/** What an input besides the picture is fed with: the same row of numbers for every picture. */
export interface ExtraFeed {
  type: "int64" | "int32" | "float32";
  perPicture: number[];
}

/** Memory of a model's image input for `count` pictures. */
export type Pixels = Float32Array | Float16Array | Uint8Array;

/** Everything to feed for a batch of `count` pictures whose pixels are `data`, further inputs included. */
export function feedsOf(
  spec: Pick<ModelSpec, "input" | "options">,
  { data, count }: { data: Pixels; count: number },
): Record<string, Feed> {
  const feeds: Record<string, Feed> = {
    [spec.input.name]: { type: spec.input.type, dims: inputDims(spec.input, count), data },
  };
  const extra = spec.options?.feeds as Record<string, ExtraFeed> | undefined;
  for (const name in extra) feeds[name] = extraFeed(name, extra[name], count);
  return feeds;
}

/** The shape of a batch of `count` pictures or vectors. */
export function inputDims(input: InputSpec, count: number): number[] {
  const channels = input.colour === "gray" ? 1 : 3;
  const { width, height } = input;
  if (input.layout === "vector") return [count, width];
  const time = input.timed ? [1] : [];
  return input.layout === "nchw"
    ? [count, ...time, channels, height, width]
    : [count, ...time, height, width, channels];
}

function extraFeed(name: string, { type, perPicture }: ExtraFeed, count: number): Feed {
  const dims = [count, perPicture.length];
  const values = Array.from({ length: count }, () => perPicture).flat();
  const data: TensorData["int64" | "int32" | "float32"] | undefined = type === "int64"
    ? BigInt64Array.from(values, (value) => BigInt(Math.trunc(value)))
    : type === "int32"
    ? Int32Array.from(values)
    : type === "float32"
    ? Float32Array.from(values)
    : undefined;
  if (!data) throw new ModelError("manifest", `Cannot feed input '${name}' with ${type}: int64, int32 or float32 fit`);
  return { type, dims, data };
}
