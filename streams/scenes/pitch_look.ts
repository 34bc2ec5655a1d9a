import { colourDistance, hsv, mix, type Rgb, scaled } from "./colour.ts";
import { Random } from "./random.ts";

/** What a team or an official wears. */
export interface Kit {
  shirt: Rgb;
  second: Rgb;
  pattern: "plain" | "hoops" | "stripes" | "yoke";
  shorts: Rgb;
  socks: Rgb;
  sleeves: Rgb;
  number: Rgb;
}

/** How one person looks. */
export interface Body {
  skin: Rgb;
  hair: Rgb;
  bald: boolean;
  height: number;
  build: number;
  boots: Rgb;
}

/** Everything about a match's picture that a seed decides, before any of it moves. */
export interface PitchLook {
  grass: {
    light: Rgb;
    dark: Rgb;
    surround: Rgb;
    pattern: "bands" | "rows" | "checks" | "plain";
    stripe: number;
    noise: number;
    wear: number;
  };
  lines: Rgb;
  lineAlpha: number;
  /** Sun: one long shadow. Cloud: a soft spot. Night: four faint shadows. */
  light: {
    kind: "sun" | "cloud" | "night";
    shadowX: number;
    shadowY: number;
    strength: number;
    pictureX: number;
    pictureY: number;
    depth: number;
  };
  stands: { seats: Rgb; fill: number; brightness: number; boards: Rgb[] };
  teams: [Kit, Kit];
  keepers: [Kit, Kit];
  officials: Kit;
  net: Rgb;
  ball: Rgb;
  camera: { x: number; back: number; height: number; figure: number; lag: number; drift: number };
  /** Grain in levels, and softness of edges in pixels at a height of 720. */
  grain: number;
  softness: number;
}

const WHITE: Rgb = [232, 232, 230];
const BLACK: Rgb = [28, 28, 32];
const SHIRTS: readonly Rgb[] = [
  [196, 30, 42],
  [226, 58, 48],
  [34, 62, 160],
  [26, 38, 92],
  [110, 178, 228],
  [232, 232, 230],
  [238, 238, 236],
  [116, 24, 48],
  [18, 92, 54],
  [238, 206, 52],
  [46, 110, 204],
  [150, 18, 34],
];
const KEEPER_SHIRTS: readonly Rgb[] = [
  [150, 226, 46],
  [240, 128, 28],
  [236, 88, 168],
  [122, 52, 168],
  [60, 208, 196],
  [132, 136, 140],
];
const OFFICIAL_SHIRTS: readonly Rgb[] = [[34, 34, 38], [30, 30, 34], [220, 232, 64], [46, 190, 214], [240, 96, 92]];
const SKINS: readonly Rgb[] = [
  [240, 200, 172],
  [226, 180, 146],
  [204, 152, 114],
  [168, 116, 80],
  [122, 80, 54],
  [88, 58, 42],
];
const HAIRS: readonly Rgb[] = [[28, 22, 20], [44, 32, 24], [74, 48, 30], [112, 76, 42], [178, 142, 84], [96, 92, 90]];
const BOOTS: readonly Rgb[] = [[30, 30, 32], [228, 228, 226], [232, 70, 50], [60, 200, 220], [220, 220, 60]];

/** Draws the look of a match from its seed. */
export function pitchLook(seed: number): PitchLook {
  const random = new Random(seed, 1);
  const warm = random.range(-1, 1);
  const exposure = random.range(0.84, 1.12);
  const tint = (rgb: Rgb): Rgb => {
    const [r, g, b] = scaled(rgb, exposure);
    return [r * (1 + 0.06 * warm), g * (1 + 0.01 * Math.abs(warm)), b * (1 - 0.07 * warm)];
  };
  const kind = random.pick(["sun", "sun", "cloud", "cloud", "night"] as const);
  const hue = random.range(74, 114);
  const saturation = random.range(0.36, 0.66);
  const value = random.range(0.38, 0.6);
  const contrast = random.range(0.02, 0.16);
  const base = hsv(hue, saturation, value);
  const kits = teamKits(random);
  const azimuth = random.range(0, Math.PI * 2);
  const reach = kind === "sun" ? random.range(0.45, 1.5) : kind === "night" ? random.range(0.5, 0.9) : 0;
  const crowdTeam = random.pick(kits.teams).shirt;
  return {
    grass: {
      light: tint(scaled(base, 1 + contrast)),
      dark: tint(scaled(base, 1 - contrast)),
      surround: tint(
        random.chance(0.6)
          ? scaled(base, random.range(0.75, 0.95))
          : random.pick<Rgb>([[150, 84, 62], [112, 110, 106], [72, 96, 74]]),
      ),
      pattern: random.pick(["bands", "bands", "rows", "checks", "plain"] as const),
      stripe: random.range(3.5, 8),
      noise: random.range(3, 9),
      wear: random.range(0, 0.5),
    },
    lines: tint([232, 234, 228]),
    lineAlpha: random.range(0.68, 0.95),
    light: {
      kind,
      shadowX: Math.cos(azimuth) * reach,
      shadowY: Math.sin(azimuth) * reach,
      strength: kind === "sun"
        ? random.range(0.3, 0.55)
        : kind === "night"
        ? random.range(0.12, 0.22)
        : random.range(0.18, 0.36),
      pictureX: kind === "sun" ? -Math.cos(azimuth) * 0.8 : random.range(-0.3, 0.3),
      pictureY: -0.6,
      depth: kind === "sun" ? 74 : kind === "night" ? 44 : 54,
    },
    stands: {
      seats: tint(mix(random.pick([crowdTeam, [70, 76, 92] as Rgb, [120, 40, 40] as Rgb]), [60, 60, 64], 0.3)),
      fill: random.range(0.35, 0.97),
      brightness: kind === "night" ? random.range(0.28, 0.5) : random.range(0.5, 0.95),
      boards: Array.from(
        { length: 6 },
        () =>
          tint(
            random.pick<Rgb>([
              [30, 40, 110],
              [200, 40, 40],
              [235, 235, 235],
              [20, 20, 24],
              [20, 120, 80],
              [240, 190, 40],
              [0, 130, 200],
              [90, 30, 120],
            ]),
          ),
      ),
    },
    teams: [tintKit(kits.teams[0], tint), tintKit(kits.teams[1], tint)],
    keepers: [tintKit(kits.keepers[0], tint), tintKit(kits.keepers[1], tint)],
    officials: tintKit(kits.officials, tint),
    net: tint([226, 228, 230]),
    ball: tint([246, 246, 242]),
    camera: {
      x: 52.5 + random.range(-12, 12),
      back: random.range(26, 52),
      height: random.range(15, 29),
      figure: random.range(54, 80),
      lag: random.range(0.35, 0.9),
      drift: random.range(0, 5),
    },
    grain: random.range(0.8, 4.2),
    softness: random.range(0.9, 1.9),
  };
}

/** Draws one person's looks. */
export function personLook(random: Random): Body {
  return {
    skin: random.pick(SKINS),
    hair: random.pick(HAIRS),
    bald: random.chance(0.12),
    height: Math.max(1.68, Math.min(1.97, 1.82 + random.normal() * 0.06)),
    build: random.range(0.92, 1.12),
    boots: random.pick(BOOTS),
  };
}

function teamKits(random: Random): { teams: [Kit, Kit]; keepers: [Kit, Kit]; officials: Kit } {
  const first = kit(random, random.pick(SHIRTS));
  let second = kit(random, random.pick(SHIRTS));
  while (colourDistance(first.shirt, second.shirt) < 260) second = kit(random, random.pick(SHIRTS));
  const far = (shirts: readonly Rgb[], others: readonly Kit[], least: number) => {
    for (let i = 0; i < 40; i++) {
      const shirt = random.pick(shirts);
      if (others.every((other) => colourDistance(shirt, other.shirt) > least)) return shirt;
    }
    return shirts[0];
  };
  const keeper = (others: readonly Kit[]): Kit => {
    const shirt = far(KEEPER_SHIRTS, others, 150);
    const dark = random.chance(0.5);
    return {
      shirt,
      second: shirt,
      pattern: "plain",
      shorts: dark ? scaled(shirt, 0.6) : shirt,
      socks: shirt,
      sleeves: shirt,
      number: dark ? WHITE : BLACK,
    };
  };
  const home = keeper([first, second]);
  const away = keeper([first, second, home]);
  const shirt = far(OFFICIAL_SHIRTS, [first, second, home, away], 140);
  const officials: Kit = {
    shirt,
    second: BLACK,
    pattern: "plain",
    shorts: BLACK,
    socks: BLACK,
    sleeves: shirt,
    number: shirt,
  };
  return { teams: [first, second], keepers: [home, away], officials };
}

function kit(random: Random, shirt: Rgb): Kit {
  const luminance = 0.3 * shirt[0] + 0.6 * shirt[1] + 0.1 * shirt[2];
  const against = luminance > 130 ? random.pick<Rgb>([[40, 40, 46], [28, 38, 96], [160, 24, 36]]) : WHITE;
  const pattern = random.pick(["plain", "plain", "plain", "stripes", "hoops", "yoke"] as const);
  const shorts = random.pick([shirt, scaled(shirt, 0.8), against, luminance > 130 ? BLACK : WHITE]);
  const socks = random.pick([shirt, against, shorts]);
  const sleeves = random.chance(0.75) ? shirt : against;
  return { shirt, second: mix(shirt, against, 0.85), pattern, shorts, socks, sleeves, number: against };
}

function tintKit(source: Kit, tint: (rgb: Rgb) => Rgb): Kit {
  return {
    pattern: source.pattern,
    shirt: tint(source.shirt),
    second: tint(source.second),
    shorts: tint(source.shorts),
    socks: tint(source.socks),
    sleeves: tint(source.sleeves),
    number: tint(source.number),
  };
}
