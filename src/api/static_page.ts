import { createHash } from "node:crypto";
import { type Route, route } from "./route.ts";

/** Something that does not change while the server runs. */
export interface StaticPage {
  text: string;
  contentType: string;
}

/** Answers with a text, or with 304 when the client has it already; it asks anew every time, so an update is seen at once. */
export function staticPage({ text, contentType }: StaticPage): (request: Request) => Response {
  const etag = `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`;
  const headers = { etag, "cache-control": "no-cache", "content-type": contentType };
  return (request) =>
    holds(request.headers.get("if-none-match"), etag)
      ? new Response(null, { status: 304, headers: { etag, "cache-control": "no-cache" } })
      : new Response(text, { headers });
}

/** The route of a part of a page, which anybody may have and the document does not tell of. */
export function pageRoute(path: string, { summary, ...page }: StaticPage & { summary: string }): Route {
  const answer = staticPage(page);
  return route({
    method: "GET",
    path,
    id: `page ${path}`,
    tag: "server",
    summary,
    role: "public",
    hidden: true,
    answers: { 200: { description: "It" } },
    handle: ({ request }) => answer(request),
  });
}

/** Weakly compared: a proxy or the runtime that compresses an answer weakens its tag. */
function holds(header: string | null, etag: string): boolean {
  if (header === null) return false;
  return header.split(",").map((tag) => tag.trim().replace(/^W\//, "")).some((tag) => tag === etag || tag === "*");
}
