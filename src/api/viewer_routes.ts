import css from "../console/viewer/viewer.css" with { type: "text" };
import html from "../console/viewer/viewer.html" with { type: "text" };
import script from "../console/viewer/viewer.js" with { type: "text" };
import type { Route } from "./route.ts";
import { pageRoute, type StaticPage } from "./static_page.ts";

/** The small page that shows one stream of events, and that people copy to start their own. */
export function viewerRoutes(): Route[] {
  const page = (path: string, what: StaticPage) => pageRoute(path, { ...what, summary: "A part of the viewer" });
  return [
    page("/viewer", { text: html, contentType: "text/html; charset=utf-8" }),
    page("/viewer/viewer.css", { text: css, contentType: "text/css; charset=utf-8" }),
    page("/viewer/viewer.js", { text: script, contentType: "text/javascript; charset=utf-8" }),
  ];
}
