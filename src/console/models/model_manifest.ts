/** What a person says of a file over what Weir recognised in it; empty texts say nothing. */
export interface ManifestFields {
  /** A name a line. */
  labels: string;
  adapter: string;
  /** `640x480`, for files that leave it open. */
  size: string;
  colour: string;
  /** One of {@link PIXELS}. */
  pixels: string;
}

/** A form that nobody has touched yet. */
export const NO_FIELDS: ManifestFields = { labels: "", adapter: "", size: "", colour: "", pixels: "" };

const BYTE = 1 / 255;
/** How pixels come to numbers, in the ways that models are trained with. */
export const PIXELS: Readonly<Record<string, { text: string; input: Record<string, unknown> }>> = {
  shares: { text: "0 to 1", input: { scale: BYTE, mean: 0, std: 1 } },
  bytes: { text: "0 to 255", input: { scale: 1, mean: 0, std: 1 } },
  centred: { text: "−1 to 1", input: { scale: BYTE, mean: 0.5, std: 0.5 } },
  imagenet: {
    text: "ImageNet's mean and deviation",
    input: { scale: BYTE, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  },
};

/** The manifest that fields come to; undefined when they say nothing. */
export function manifestOf(
  { labels, adapter, size, colour, pixels }: ManifestFields,
): Record<string, unknown> | undefined {
  const names = labels.split("\n").map((name) => name.trim());
  while (names.at(-1) === "") names.pop();
  const sides = /^\s*(\d+)\s*[x×]\s*(\d+)\s*$/i.exec(size);
  const input = {
    ...(sides && { size: [Number(sides[1]), Number(sides[2])] }),
    ...(colour !== "" && { colour }),
    ...PIXELS[pixels]?.input,
  };
  const manifest = {
    ...(names.length > 0 && { labels: names }),
    ...(adapter.trim() !== "" && { adapter: adapter.trim() }),
    ...(Object.keys(input).length > 0 && { input }),
  };
  return Object.keys(manifest).length > 0 ? manifest : undefined;
}
