import css from "../console/dist/console.css" with { type: "text" };
import script from "../console/dist/console.js" with { type: "text" };
import html from "../console/console.html" with { type: "text" };
import icon from "../console/icon.svg" with { type: "text" };
import type { Route } from "./route.ts";
import { pageRoute, type StaticPage } from "./static_page.ts";

/** The console: one page at `/`, whose places are all behind its hash. It asks for everything else through the API. */
export function consoleRoutes(): Route[] {
  const page = (path: string, what: StaticPage) => pageRoute(path, { ...what, summary: "A part of the console" });
  return [
    page("/", { text: html, contentType: "text/html; charset=utf-8" }),
    page("/console/console.css", {
      text: css,
      contentType: "text/css; charset=utf-8",
    }),
    page("/console/console.js", {
      text: script,
      contentType: "text/javascript; charset=utf-8",
    }),
    page("/console/icon.svg", { text: icon, contentType: "image/svg+xml" }),
  ];
}
