/** Why an image is not even tried: stable, clients may branch on it. */
export type ImageErrorCode = "unsupported" | "truncated" | "animated" | "too_large" | "invalid";

/** An image that is refused by what its bytes say of themselves, before anything of it is decoded. */
export class ImageError extends Error {
  override name = "ImageError";
  constructor(readonly code: ImageErrorCode, message: string) {
    super(message);
  }
}
