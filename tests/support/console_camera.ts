const SIZE = { width: 640, height: 480 };
/** Where the green square stands, and how large it is, pixels. */
const SQUARE = { x: 320, y: 240, side: 160 };
// Y, Cb and Cr as BT.601 has them in its narrow range.
const DARK = [30, 128, 128] as const;
const GREEN = [145, 54, 34] as const;

/** Flags of a browser whose camera shows a green square on a dark ground, from a file that is written here. */
export async function squareCamera(directory: string): Promise<string[]> {
  const { width, height } = SIZE;
  const luma = plane(width, height, { channel: 0, share: 1 });
  const chroma = [1, 2].map((channel) => plane(width / 2, height / 2, { channel: channel as 1 | 2, share: 2 }));
  const head = new TextEncoder().encode(`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420jpeg\n`);
  const frame = new TextEncoder().encode("FRAME\n");
  const path = `${directory}/camera.y4m`;
  await Deno.writeFile(path, new Uint8Array(await new Blob([head, frame, luma, ...chroma]).arrayBuffer()));
  return [
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    `--use-file-for-fake-video-capture=${path}`,
  ];
}

function plane(
  width: number,
  height: number,
  { channel, share }: { channel: 0 | 1 | 2; share: number },
): Uint8Array<ArrayBuffer> {
  const { x, y, side } = SQUARE;
  const within = (value: number, from: number) => value * share >= from && value * share < from + side;
  return Uint8Array.from({ length: width * height }, (_, index) => {
    const [column, row] = [index % width, Math.floor(index / width)];
    return (within(column, x) && within(row, y) ? GREEN : DARK)[channel];
  });
}
