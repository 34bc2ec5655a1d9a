/** Red, green and blue, 0–255. */
export type Colour = readonly [red: number, green: number, blue: number];

/** Colours that people with any of the common colour blindnesses can tell apart, and that stand out from grass and grey. */
export const PALETTE: readonly Colour[] = [
  [86, 180, 233],
  [240, 160, 20],
  [224, 130, 180],
  [240, 228, 66],
  [224, 96, 20],
  [24, 114, 194],
  [20, 170, 125],
  [232, 232, 236],
];

/** Almost black: text on light colours, outlines. */
export const DARK: Colour = [14, 17, 22];

/** Text on dark colours. */
export const LIGHT: Colour = [250, 250, 252];

/** The colour of a class or a track. */
export function colourOf(id: number): Colour {
  const index = Math.trunc(id) % PALETTE.length;
  return PALETTE[index < 0 ? index + PALETTE.length : index] ?? PALETTE[0];
}

/** The text colour that reads best on a colour. */
export function inkOn([red, green, blue]: Colour): Colour {
  return red * 0.299 + green * 0.587 + blue * 0.114 > 120 ? DARK : LIGHT;
}
