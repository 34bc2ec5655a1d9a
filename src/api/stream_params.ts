import { z } from "zod";

/** The path's parameter of everything below one stream. */
export const streamParams = z.strictObject({ id: z.string().min(1).max(63).describe("the stream's name") });
