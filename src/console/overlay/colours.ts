/** The colours of classes and tracks, the same that the server draws with: people with any common colour blindness can tell them apart. */
export const OVERLAY_COLOURS = [
  "#56b4e9",
  "#f0a014",
  "#e082b4",
  "#f0e442",
  "#e06014",
  "#1872c2",
  "#14aa7d",
  "#e8e8ec",
] as const;

/** Almost black: text on light colours, outlines. */
export const OVERLAY_DARK = "#0e1116";
const OVERLAY_LIGHT = "#fafafc";

/** The colour of a class or a track. */
export function overlayColour(id: number): string {
  const index = Math.trunc(id) % OVERLAY_COLOURS.length;
  return OVERLAY_COLOURS[index < 0 ? index + OVERLAY_COLOURS.length : index] ??
    OVERLAY_COLOURS[0];
}

/** The text colour that reads best on a colour of {@link OVERLAY_COLOURS}. */
export function overlayInk(colour: string): string {
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  return red * 0.299 + green * 0.587 + blue * 0.114 > 120 ? OVERLAY_DARK : OVERLAY_LIGHT;
}
