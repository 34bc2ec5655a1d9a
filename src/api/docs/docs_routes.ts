import { type OpenApiOptions, openApiRoute } from "../openapi.ts";
import { type Route, route } from "../route.ts";
import { type StaticPage, staticPage } from "../static_page.ts";
import css from "./docs.css" with { type: "text" };
import html from "./docs.html" with { type: "text" };
import schemaScript from "./schema.js" with { type: "text" };
import script from "./docs.js" with { type: "text" };
import trialScript from "./trial.js" with { type: "text" };

const SCRIPT = "text/javascript; charset=utf-8";

/** The document of the API, and the page that shows it. Nothing of the page comes from elsewhere. */
export function docsRoutes(options: OpenApiOptions): Route[] {
  return [
    openApiRoute(options),
    page("/docs", { text: html, contentType: "text/html; charset=utf-8" }),
    page("/docs/docs.css", { text: css, contentType: "text/css; charset=utf-8" }),
    page("/docs/docs.js", { text: script, contentType: SCRIPT }),
    page("/docs/schema.js", { text: schemaScript, contentType: SCRIPT }),
    page("/docs/trial.js", { text: trialScript, contentType: SCRIPT }),
  ];
}

function page(path: string, what: StaticPage): Route {
  const answer = staticPage(what);
  return route({
    method: "GET",
    path,
    id: `page ${path}`,
    tag: "server",
    summary: "A part of the API's page",
    role: "public",
    hidden: true,
    answers: { 200: { description: "It" } },
    handle: ({ request }) => answer(request),
  });
}
