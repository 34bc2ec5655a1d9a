/** What the server takes as it is. */
export const TAKEN: readonly string[] = ["image/jpeg", "image/png", "image/webp"];

/** The first image among what was dropped or pasted. */
export function imageIn(files: readonly File[]): File | undefined {
  return files.find(({ type }) => type.startsWith("image/"));
}

/** An image in a form that the server takes; one that only the browser knows is drawn anew. Rejects for what is none. */
export async function sendable(file: Blob): Promise<Blob> {
  if (TAKEN.includes(file.type)) return file;
  const bitmap = await createImageBitmap(file).catch((error) => {
    throw new TypeError(`This is no image that this browser can read`, { cause: error });
  });
  const canvas = Object.assign(document.createElement("canvas"), { width: bitmap.width, height: bitmap.height });
  canvas.getContext("2d")!.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { promise, resolve, reject } = Promise.withResolvers<Blob>();
  canvas.toBlob(
    (blob) => blob ? resolve(blob) : reject(new TypeError("This image is too large")),
    "image/jpeg",
    0.95,
  );
  return await promise;
}
