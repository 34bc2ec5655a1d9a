import { z } from "zod";
import { EVENT_TYPES } from "../core/events.ts";

/** Options that every kind of sink takes: what of the events it wants, and how much may wait. */
export const sharedOptions = {
  name: z.string().regex(/^\w[\w.-]{0,63}$/).optional()
    .describe("tells this sink from others of its stream; its kind, unless given"),
  types: z.array(z.enum(EVENT_TYPES)).min(1).optional().describe("types of events to send; all, unless given"),
  labels: z.array(z.string().min(1).max(200)).min(1).max(1000).optional()
    .describe("only detections and classes of these labels; results in which none is left are not sent"),
  minScore: z.number().min(0).max(1).optional()
    .describe("only detections and classes with at least this score; results in which none is left are not sent"),
  every: z.int().min(1).max(1_000_000).optional().describe("only every nth result"),
  maxRate: z.number().positive().max(1000).optional().describe("most results a second"),
  capacity: z.int().min(1).max(100_000).default(1000).describe("events that may wait in memory; past it the oldest go"),
  capacityBytes: z.int().min(64 * 1024).max(1024 ** 3).default(16 * 1024 ** 2)
    .describe("memory that waiting events may take"),
  retry: z.strictObject({
    initialMs: z.int().min(1).max(60_000).default(500).describe("upper bound of the first wait after a failure"),
    maxMs: z.int().min(1).max(3_600_000).default(60_000).describe("upper bound of every wait"),
  }).prefault({}).describe("waits between attempts: they double, drawn at random up to their bound"),
};

/** What {@link sharedOptions} come to. */
export type SharedOptions = z.infer<z.ZodObject<typeof sharedOptions>>;
