import css from "../console/viewer/viewer.css" with { type: "text" };
import html from "../console/viewer/viewer.html" with { type: "text" };
import script from "../console/viewer/viewer.js" with { type: "text" };
import { type Route, route } from "./route.ts";
import { type StaticPage, staticPage } from "./static_page.ts";

/** The small page that shows one stream of events, and that people copy to start their own. */
export function viewerRoutes(): Route[] {
  return [
    page("/viewer", { text: html, contentType: "text/html; charset=utf-8" }),
    page("/viewer/viewer.css", { text: css, contentType: "text/css; charset=utf-8" }),
    page("/viewer/viewer.js", { text: script, contentType: "text/javascript; charset=utf-8" }),
  ];
}

function page(path: string, what: StaticPage): Route {
  const answer = staticPage(what);
  return route({
    method: "GET",
    path,
    id: `page ${path}`,
    tag: "server",
    summary: "A part of the viewer",
    role: "public",
    hidden: true,
    answers: { 200: { description: "It" } },
    handle: ({ request }) => answer(request),
  });
}
