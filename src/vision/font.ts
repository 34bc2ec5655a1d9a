/** Rows of a glyph above the baseline; descenders reach {@link DESCENT_ROWS} below it. */
export const ASCENT_ROWS = 7;
/** Rows below the baseline. */
export const DESCENT_ROWS = 2;

/** A character's shape: `rows` of `width` pixels, one byte each, 1 is ink. */
export interface Glyph {
  width: number;
  rows: number;
  ink: Uint8Array;
}

/** One character a line: the character, a space, its rows from the top, `#` is ink. Rows that are left out are blank. */
const DRAWN = `
! #/#/#/#/#/./#
" #.#/#.#
# .#.#./.#.#./#####/.#.#./#####/.#.#./.#.#.
$ ..#../.####/#.#../.###./..#.#/####./..#..
% ##..#/##..#/...#./..#../.#.../#..##/#..##
& .##../#..#./#.#../.#.../#.#.#/#..#./.##.#
' #/#
( ..#/.#./#../#../#../.#./..#
) #../.#./..#/..#/..#/.#./#..
* ...../..#../#.#.#/.###./#.#.#/..#..
+ ...../..#../..#../#####/..#../..#..
, ../../../../../../.#/#.
- ..../..../..../####
. ././././././#
/ ....#/....#/...#./..#../.#.../#..../#....
0 .###./#...#/#..##/#.#.#/##..#/#...#/.###.
1 ..#../.##../..#../..#../..#../..#../.###.
2 .###./#...#/....#/...#./..#../.#.../#####
3 .###./#...#/....#/..##./....#/#...#/.###.
4 ...#./..##./.#.#./#..#./#####/...#./...#.
5 #####/#..../####./....#/....#/#...#/.###.
6 ..##./.#.../#..../####./#...#/#...#/.###.
7 #####/....#/...#./...#./..#../..#../..#..
8 .###./#...#/#...#/.###./#...#/#...#/.###.
9 .###./#...#/#...#/.####/....#/...#./.##..
: ./././#/././#
; ../../../.#/../../.#/#.
< ...#/..#./.#../#.../.#../..#./...#
= ..../..../####/..../####
> #.../.#../..#./...#/..#./.#../#...
? .###./#...#/....#/...#./..#../...../..#..
@ .###./#...#/#.###/#.#.#/#.###/#..../.###.
A .###./#...#/#...#/#####/#...#/#...#/#...#
B ####./#...#/#...#/####./#...#/#...#/####.
C .###./#...#/#..../#..../#..../#...#/.###.
D ####./#...#/#...#/#...#/#...#/#...#/####.
E #####/#..../#..../####./#..../#..../#####
F #####/#..../#..../####./#..../#..../#....
G .###./#...#/#..../#.###/#...#/#...#/.###.
H #...#/#...#/#...#/#####/#...#/#...#/#...#
I ###/.#./.#./.#./.#./.#./###
J ..###/...#./...#./...#./...#./#..#./.##..
K #...#/#..#./#.#../##.../#.#../#..#./#...#
L #..../#..../#..../#..../#..../#..../#####
M #...#/##.##/#.#.#/#.#.#/#...#/#...#/#...#
N #...#/##..#/##..#/#.#.#/#..##/#..##/#...#
O .###./#...#/#...#/#...#/#...#/#...#/.###.
P ####./#...#/#...#/####./#..../#..../#....
Q .###./#...#/#...#/#...#/#.#.#/#..#./.##.#
R ####./#...#/#...#/####./#.#../#..#./#...#
S .####/#..../#..../.###./....#/....#/####.
T #####/..#../..#../..#../..#../..#../..#..
U #...#/#...#/#...#/#...#/#...#/#...#/.###.
V #...#/#...#/#...#/#...#/.#.#./.#.#./..#..
W #...#/#...#/#...#/#.#.#/#.#.#/##.##/#...#
X #...#/#...#/.#.#./..#../.#.#./#...#/#...#
Y #...#/#...#/.#.#./..#../..#../..#../..#..
Z #####/....#/...#./..#../.#.../#..../#####
[ ###/#../#../#../#../#../###
\\ #..../#..../.#.../..#../...#./....#/....#
] ###/..#/..#/..#/..#/..#/###
^ ..#../.#.#./#...#
_ ...../...../...../...../...../...../#####
\` #./.#
a ...../...../.###./....#/.####/#...#/.####
b #..../#..../####./#...#/#...#/#...#/####.
c ..../..../.###/#.../#.../#.../.###
d ....#/....#/.####/#...#/#...#/#...#/.####
e ...../...../.###./#...#/#####/#..../.####
f ..##/.#../####/.#../.#../.#../.#..
g ...../...../.####/#...#/#...#/#...#/.####/....#/.###.
h #..../#..../####./#...#/#...#/#...#/#...#
i .#./.../##./.#./.#./.#./###
j ..#/.../.##/..#/..#/..#/..#/..#/##.
k #.../#.../#..#/#.#./##../#.#./#..#
l ##./.#./.#./.#./.#./.#./###
m ...../...../##.#./#.#.#/#.#.#/#.#.#/#.#.#
n ...../...../####./#...#/#...#/#...#/#...#
o ...../...../.###./#...#/#...#/#...#/.###.
p ...../...../####./#...#/#...#/#...#/####./#..../#....
q ...../...../.####/#...#/#...#/#...#/.####/....#/....#
r ..../..../#.##/##../#.../#.../#...
s ...../...../.####/#..../.###./....#/####.
t .#../.#../####/.#../.#../.#../..##
u ...../...../#...#/#...#/#...#/#...#/.####
v ...../...../#...#/#...#/#...#/.#.#./..#..
w ...../...../#...#/#...#/#.#.#/#.#.#/.#.#.
x ...../...../#...#/.#.#./..#../.#.#./#...#
y ...../...../#...#/#...#/#...#/#...#/.####/....#/.###.
z ...../...../#####/...#./..#../.#.../#####
{ ..##/.#../.#../#.../.#../.#../..##
| #/#/#/#/#/#/#/#/#
} ##../..#./..#./...#/..#./..#./##..
~ ...../...../.#.../#.#.#/...#.
`;

const UNKNOWN = "#####/#...#/#...#/#...#/#...#/#...#/#####";

function parse(drawing: string): Glyph {
  const lines = drawing.split("/");
  const width = lines[0].length;
  const rows = ASCENT_ROWS + DESCENT_ROWS;
  const ink = new Uint8Array(width * rows);
  lines.forEach((line, y) => {
    for (let x = 0; x < width; x++) if (line[x] === "#") ink[y * width + x] = 1;
  });
  return { width, rows, ink };
}

function at({ width, rows, ink }: Glyph, x: number, y: number): number {
  return x < 0 || y < 0 || x >= width || y >= rows ? 0 : ink[y * width + x];
}

/**
 * A glyph so many times as large. Where two pixels of ink touch by their corners only, the steps between them become
 * a slope; all other corners stay as sharp as they were drawn.
 */
function enlarge(glyph: Glyph, scale: number): Glyph {
  const width = glyph.width * scale;
  const ink = new Uint8Array(width * glyph.rows * scale);
  for (let y = 0; y < glyph.rows; y++) {
    for (let x = 0; x < glyph.width; x++) {
      const left = at(glyph, x - 1, y), right = at(glyph, x + 1, y);
      const up = at(glyph, x, y - 1), down = at(glyph, x, y + 1);
      const slopes = (dx: number, dy: number) =>
        at(glyph, x + dx, y) && at(glyph, x, y + dy) && !at(glyph, x + dx, y + dy) && left !== right && up !== down;
      const corner = [[-1, -1], [1, -1], [-1, 1], [1, 1]].find(([dx, dy]) => slopes(dx, dy));
      for (let j = 0; j < scale; j++) {
        for (let i = 0; i < scale; i++) {
          const fromX = corner && corner[0] > 0 ? scale - 1 - i : i;
          const fromY = corner && corner[1] > 0 ? scale - 1 - j : j;
          const slope = corner !== undefined && fromX + fromY < scale - 1;
          if (at(glyph, x, y) || slope) ink[(y * scale + j) * width + x * scale + i] = 1;
        }
      }
    }
  }
  return { width, rows: glyph.rows * scale, ink };
}

/** All printable ASCII characters in one size; whatever else is asked for is drawn as an empty box. */
export class Font {
  /** Height of a line's ink, descenders included. */
  readonly height: number;
  #glyphs = new Map<string, Glyph>();
  #unknown: Glyph;

  /** `scale` is the size of a drawn pixel: 1 is the smallest size, for pictures of some 360 lines. */
  constructor(readonly scale: number) {
    this.height = (ASCENT_ROWS + DESCENT_ROWS) * scale;
    this.#unknown = enlarge(parse(UNKNOWN), scale);
    for (const line of DRAWN.trim().split("\n")) this.#glyphs.set(line[0], enlarge(parse(line.slice(2)), scale));
    this.#glyphs.set(" ", enlarge(parse("..."), scale));
  }

  /** The shape of a character. */
  glyph(character: string): Glyph {
    return this.#glyphs.get(character) ?? this.#unknown;
  }

  /** Width of a text's ink and the gaps in it. */
  measure(text: string): number {
    let width = 0;
    for (const character of text) width += this.glyph(character).width + this.scale;
    return Math.max(0, width - this.scale);
  }
}
