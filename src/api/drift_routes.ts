import { z } from "zod";
import type { StreamService } from "../core/services.ts";
import { type Route, route } from "./route.ts";
import { streamSchema } from "./schemas.ts";

const name = z.string().min(1).max(63);

/** What people may say to the analyzer `drift`. How things stand is a part of the stream's status. */
export function driftRoutes({ streams }: { streams: StreamService }): Route[] {
  return [
    route({
      method: "POST",
      path: "/api/v1/streams/{id}/drift",
      id: "orderDrift",
      tag: "streams",
      summary: "Say what drift is measured against",
      description:
        "`freeze` makes the latest window the reference: what is now is how it should be. `relearn` forgets the " +
        "reference, and the next samples become one.",
      role: "operator",
      params: z.strictObject({ id: name.describe("the stream's name") }),
      body: z.strictObject({
        step: name.default("drift").describe("the step's name"),
        order: z.enum(["freeze", "relearn"]).describe("what to do"),
      }).meta({ examples: [{ step: "drift", order: "freeze" }] }),
      answers: { 200: { description: "The stream as it stands now", schema: streamSchema } },
      problems: ["not_found", "conflict"],
      handle: ({ params: { id }, body: { step, order } }) => streams.order(id, step, order),
    }),
  ];
}
