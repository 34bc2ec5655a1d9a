import { z } from "zod";

/** Where several servers remember together what sessions of images were answered. */
export const similaritySchema = z.strictObject({
  redis: z.url({ protocol: /^rediss?$/, hostname: /./ }).max(4096).optional().describe(
    "redis://[user:password@]host[:port][/database]: what a cache in a pipeline of /predict remembers of a session is " +
      "known to every server that says the same; absent: each server remembers for itself",
  ),
  timeoutMs: z.int().min(1).max(10_000).default(50).describe(
    "Longest wait for an answer; one that is later, or never comes, costs a run of the model and nothing else",
  ),
  keepS: z.int().min(1).max(604_800).default(3600).describe("An answer is forgotten there after so many seconds"),
});
