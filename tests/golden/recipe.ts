import type { Tensor } from "../../models/tensors.ts";
import { random } from "../../scripts/bench/random.ts";

/** How a run of neighbours along a recipe's axis is filled: fill(random) × scale + add. */
export interface RecipePart {
  size: number;
  fill: "even" | "rare" | "whole";
  scale: number;
  add: number;
}

/** A tensor in words that any language can follow; the twin of scripts/golden/recipe.py. */
export interface Recipe {
  name: string;
  type: "float32" | "int64";
  dims: number[];
  seed: number;
  axis: number;
  parts: RecipePart[];
}

/** The tensor that a recipe describes, filled in the order of memory. */
export function build({ type, dims, seed, axis, parts }: Recipe): Tensor {
  const next = random(seed);
  const partOf = parts.flatMap((part) => Array.from({ length: part.size }, () => part));
  const inner = dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const values = Array.from({ length: dims.reduce((product, dim) => product * dim, 1) }, (_, i) => {
    const { fill, scale, add } = partOf[Math.floor(i / inner) % dims[axis]];
    let value = next();
    if (fill === "whole") return Math.floor(value * scale) + add;
    if (fill === "rare") { for (let k = 0; k < 3; k++) value *= value; }
    return value * scale + add;
  });
  const data = type === "int64" ? BigInt64Array.from(values, BigInt) : Float32Array.from(values);
  return { type, dims, data };
}

/** One of the committed files of golden numbers. */
export function golden<T>(name: string): T {
  return JSON.parse(Deno.readTextFileSync(new URL(name, import.meta.url)));
}
