import { z } from "zod";
import type { MediaService } from "../core/services.ts";
import { type Route, route } from "./route.ts";

const LIMIT = 200;

const entrySchema = z.object({
  kind: z.enum(["folder", "file"]),
  name: z.string(),
  path: z.string().describe("below the media root, parts separated by /; what lists a folder"),
  source: z.object({ kind: z.literal("file"), path: z.string() }).optional()
    .describe("of a file: the source that plays it, for a registration"),
  bytes: z.int().min(0).optional(),
  modifiedAt: z.iso.datetime().optional(),
}).meta({ id: "MediaEntry" });

/** What may be played of this server's own files. */
export function mediaRoutes({ media }: { media: MediaService }): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/media",
      id: "listMedia",
      tag: "streams",
      summary: "Folders and videos below the media root",
      description:
        "Nothing outside the root is listed, whatever links lead there. Without sources.mediaRoot there is " +
        "nothing: `configured` is false then.",
      role: "operator",
      query: z.strictObject({
        path: z.string().max(4096).default("").describe("the folder, counted from the media root; empty for the root"),
        after: z.string().max(1024).optional()
          .describe("the last name of the page before; a folder's with a / at its end"),
        limit: z.coerce.number().int().min(1).max(1000).default(LIMIT).describe("entries to a page"),
      }),
      answers: {
        200: {
          description: "One page of a folder: folders first, then files, each by name",
          schema: z.object({
            configured: z.boolean().describe("whether there is a media root"),
            path: z.string(),
            entries: z.array(entrySchema),
            more: z.boolean().describe("whether another page follows"),
          }),
        },
      },
      problems: ["not_found", "forbidden", "unavailable"],
      handle: ({ query }) => media.list(query),
    }),
  ];
}
