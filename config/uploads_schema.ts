import { z } from "zod";

const MIB = 1024 * 1024;

/** Clips that are sent to the server, to be played as files. */
export const uploadsSchema = z.strictObject({
  directory: z.string().min(1).optional().describe(
    "Where they lie; default uploads below sources.mediaRoot, or without one below the data directory",
  ),
  clipBytes: z.int().min(1024).default(512 * MIB).describe("Largest clip"),
  keepBytes: z.int().min(1024).default(4096 * MIB).describe(
    "Most that all of them take; the oldest that nobody plays go first",
  ),
  unreadMinutes: z.number().positive().max(43_200).default(10).describe(
    "What the console's Vitals page had played, and the clip that was sent for it, goes when nobody has read it for so long",
  ),
  keepHours: z.number().positive().max(87_600).default(168).describe("One that nobody plays goes after so long"),
});
