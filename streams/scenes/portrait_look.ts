import { mix, type Rgb, scaled } from "./colour.ts";
import { Random } from "./random.ts";

/** What somebody and their room look like. */
export interface PortraitLook {
  skin: Rgb;
  lips: Rgb;
  hair: Rgb;
  iris: Rgb;
  clothes: Rgb;
  wall: Rgb;
  wallShade: Rgb;
  /** How much of the face hair frames at the sides, 0 to 1. */
  longHair: number;
}

const SKINS: readonly Rgb[] = [[224, 178, 152], [214, 164, 134], [198, 146, 114], [170, 120, 90], [140, 96, 72]];
const HAIRS: readonly Rgb[] = [[46, 34, 28], [72, 50, 36], [110, 78, 48], [38, 36, 38], [128, 122, 118]];
const IRISES: readonly Rgb[] = [[84, 60, 40], [70, 92, 110], [88, 100, 66]];
const CLOTHES: readonly Rgb[] = [[52, 74, 96], [92, 52, 58], [64, 84, 66], [70, 66, 88], [120, 108, 92]];
const WALLS: readonly Rgb[] = [[176, 184, 188], [186, 180, 168], [160, 174, 170], [170, 168, 182]];

/** The look of a seed. */
export function portraitLook(seed: number): PortraitLook {
  const random = new Random(seed, 20);
  const skin = random.pick(SKINS), wall = random.pick(WALLS);
  return {
    skin,
    lips: [skin[0] * 0.86, skin[1] * 0.64, skin[2] * 0.66],
    hair: random.pick(HAIRS),
    iris: random.pick(IRISES),
    clothes: random.pick(CLOTHES),
    wall,
    wallShade: scaled(mix(wall, [120, 128, 140], 0.35), 0.72),
    longHair: random.next(),
  };
}
