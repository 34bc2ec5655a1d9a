/** Images up to this size are decoded by the replica that runs them: less than a camera's frame, it keeps none waiting. */
export const DIRECT_PIXELS = 2 ** 20;
/** So that their headers are read, on the main thread, in next to no time. */
export const DIRECT_BYTES = 512 * 1024;
