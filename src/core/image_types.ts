/** The kinds of images that are taken, by their media types. */
export const IMAGE_TYPES: readonly string[] = ["image/jpeg", "image/png", "image/webp", "image/bmp", "image/gif"];
