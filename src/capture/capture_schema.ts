import { z } from "zod";
import type { CaptureRules } from "../core/captures.ts";

const MIB = 2 ** 20;
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
// Slashes, and what needs no escape in an address and means nothing in a path.
const PREFIX = /^(?:(?!\.{1,2}\/)[A-Za-z0-9!_.*'()=-]+\/)*$/;

/** How long and how much is kept. */
export const keepSchema = z.strictObject({
  days: z.number().positive().max(36_500).optional().describe("what is older goes; without it only room decides"),
  bytes: z.number().min(MIB).max(1e15).default(10e9).describe("disk that it may take; past it the oldest go"),
  files: z.int().min(1).max(1_000_000).default(100_000).describe("most pictures and clips; past it the oldest go"),
});

const clipsSchema = z.strictObject({
  beforeSeconds: z.number().min(0).max(120).default(5).describe(
    "video from before the alert; it begins at the key frame before that",
  ),
  afterSeconds: z.number().min(0).max(120).default(5).describe("video from after the alert"),
  bytes: z.int().min(MIB).max(2 ** 31).default(64 * MIB).describe(
    "memory that packets which wait may take; three times that with clips being written",
  ),
});

/** An S3-compatible store; its keys are in the server's configuration or environment. */
export const uploadSchema = z.strictObject({
  endpoint: z.url({ protocol: /^https?$/, hostname: /./ }).max(1024)
    .refine((text) => {
      // That it is no address at all is told already.
      if (!URL.canParse(text)) return true;
      const { username, password, pathname, search } = new URL(text);
      return username + password + search === "" && pathname === "/";
    }, "is an address without credentials, path or parameters: https://s3.eu-central-1.amazonaws.com")
    .describe("address of the store"),
  bucket: z.string().regex(BUCKET, "3 to 63 small letters, digits, dots and dashes").describe("the bucket"),
  region: z.string().regex(/^[a-z0-9-]{1,63}$/).default("us-east-1").describe("the region that signatures are for"),
  prefix: z.string().max(512).regex(PREFIX, "folders, each with a slash behind it: weir/site-1/").default("").describe(
    "what keys begin with; the stream's name and the day follow",
  ),
  pathStyle: z.boolean().default(true).describe("the bucket is in the path, not in the host's name"),
  move: z.boolean().default(false).describe("what the store has taken is not kept here"),
});

const rules = z.strictObject({
  enabled: z.boolean().default(true).describe("off keeps the rules and takes nothing"),
  everyNth: z.int().min(1).max(1e9).optional().describe("every so many results"),
  everySeconds: z.number().min(0.01).max(1e7).optional().describe("one so often"),
  reservoir: z.int().min(1).max(100_000).optional().describe(
    "a uniform sample of so many frames of each day (UTC), out of one a second",
  ),
  below: z.number().gt(0).max(1).optional().describe("results in which something scores lower than this"),
  onAlert: z.boolean().default(false).describe("frames that an alert speaks of"),
  perHour: z.number().min(1).max(1e6).default(3600).describe("the most pictures an hour, whatever the rules say"),
  quality: z.int().min(1).max(100).default(95).describe("of the JPEG"),
  keep: keepSchema.prefault({}).describe("how long and how much"),
  clips: clipsSchema.optional().describe("video around alerts, as the source sent it, in MP4"),
  upload: uploadSchema.optional().describe("an S3-compatible store that gets a copy"),
});

/** Which frames of a stream are kept, for looking and for training. */
export const captureSchema = rules.describe("Pictures and clips that are kept").meta({
  id: "Capture",
  examples: [{ everyNth: 250, below: 0.4, onAlert: true, keep: { days: 30 }, clips: {} }],
}) as unknown as z.ZodType<CaptureRules>;

/** Which images of /predict are kept. They are kept as they were sent. */
export const predictCaptureSchema = rules.omit({ onAlert: true, clips: true, quality: true })
  .transform((parsed): CaptureRules => ({ ...parsed, onAlert: false, quality: 100 }));
