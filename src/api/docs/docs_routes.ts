import { type OpenApiOptions, openApiRoute } from "../openapi.ts";
import type { Route } from "../route.ts";
import { pageRoute, type StaticPage } from "../static_page.ts";
import css from "./docs.css" with { type: "text" };
import html from "./docs.html" with { type: "text" };
import schemaScript from "./schema.js" with { type: "text" };
import script from "./docs.js" with { type: "text" };
import trialScript from "./trial.js" with { type: "text" };

const SCRIPT = "text/javascript; charset=utf-8";

/** The document of the API, and the page that shows it. Nothing of the page comes from elsewhere. */
export function docsRoutes(options: OpenApiOptions): Route[] {
  const page = (path: string, what: StaticPage) => pageRoute(path, { ...what, summary: "A part of the API's page" });
  return [
    openApiRoute(options),
    page("/docs", { text: html, contentType: "text/html; charset=utf-8" }),
    page("/docs/docs.css", { text: css, contentType: "text/css; charset=utf-8" }),
    page("/docs/docs.js", { text: script, contentType: SCRIPT }),
    page("/docs/schema.js", { text: schemaScript, contentType: SCRIPT }),
    page("/docs/trial.js", { text: trialScript, contentType: SCRIPT }),
  ];
}
