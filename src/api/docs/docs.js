import { el, schemaOf, schemaView, setDocument, typeText } from "./schema.js";
import { trial } from "./trial.js";

const TOKEN = "weir-docs-token";

const byId = (id) => document.getElementById(id);

/** One route: what it takes, what it answers, and a way to try it. Filled when it is first opened. */
function routeView(method, path, operation) {
  const inside = el("div", { class: "inside" });
  const view = el(
    "details",
    { class: "route", id: operation.operationId },
    el(
      "summary",
      {},
      el("span", { class: `method ${method}` }, method.toUpperCase()),
      el("span", { class: "path" }, path),
      el("span", { class: "summary" }, operation.summary ?? ""),
      el("span", { class: "pill", title: "the least role that may" }, operation["x-weir-role"] ?? ""),
    ),
    inside,
  );
  view.addEventListener("toggle", () => {
    if (view.open && !inside.hasChildNodes()) inside.append(...insideOf(method, path, operation));
  });
  return view;
}

function* insideOf(method, path, operation) {
  if (operation.description) yield el("p", {}, operation.description);
  yield trial({ method, path, operation, token: () => byId("token").value.trim() });
  const content = Object.entries(operation.requestBody?.content ?? {});
  if (content.length > 0) {
    yield el("h3", {}, "Body");
    for (const [media, { schema }] of content) yield shape(media, schema);
  }
  yield el("h3", {}, "Answers");
  for (const [status, answer] of Object.entries(operation.responses)) yield answerView(status, answer);
}

function answerView(status, given) {
  const answer = schemaOf(given);
  const kinds = Object.entries(answer.content ?? {});
  const line = [el("code", {}, status), " ", answer.description.replaceAll("`", "")];
  if (kinds.length === 0) return el("p", {}, ...line);
  return el(
    "details",
    { class: "answer", ...(Number(status) < 300 && { open: "" }) },
    el("summary", {}, ...line),
    ...kinds.map(([media, { schema }]) => shape(media, schema)),
  );
}

function shape(media, schema) {
  const type = typeText(schema ?? {});
  return el(
    "div",
    {},
    el("span", { class: "faint" }, media, " "),
    el("span", { class: "type" }, type),
    schemaView(schema ?? {}),
  );
}

function show(description) {
  setDocument(description);
  byId("version").textContent = description.info.version;
  const routes = Object.entries(description.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method, path, operation }))
  );
  const groups = description.tags.map(({ name }) => {
    const members = routes.filter(({ operation }) => operation.tags.includes(name)).map((
      { method, path, operation },
    ) => ({
      words: `${method} ${path} ${operation.summary} ${operation.operationId} ${name}`.toLowerCase(),
      view: routeView(method, path, operation),
      link: el(
        "a",
        { href: `#${operation.operationId}` },
        el("span", { class: `method ${method}` }, method.toUpperCase()),
        " ",
        operation.summary ?? path,
      ),
    }));
    const section = el("section", {}, el("h2", {}, name), ...members.map(({ view }) => view));
    const links = el("div", {}, el("h2", {}, name), ...members.map(({ link }) => link));
    return { members, section, links };
  });
  byId("notice").textContent = description.info.description.replaceAll("`", "");
  byId("routes").append(...groups.map(({ section }) => section));
  byId("contents").append(...groups.map(({ links }) => links));
  byId("filter").addEventListener("input", ({ target }) => {
    const words = target.value.toLowerCase().split(/\s+/);
    for (const { members, section, links } of groups) {
      for (const member of members) {
        const hidden = !words.every((word) => member.words.includes(word));
        member.view.hidden = member.link.hidden = hidden;
      }
      section.hidden = links.hidden = members.every(({ view }) => view.hidden);
    }
  });
}

/** Opens what the address names. */
function openNamed() {
  const view = byId(decodeURIComponent(location.hash.slice(1)));
  if (!view?.classList.contains("route")) return;
  view.open = true;
  view.scrollIntoView();
  view.querySelector("summary").focus({ preventScroll: true });
}

function keys(event) {
  const typing = /^(?:INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    byId("filter").focus();
  }
  if (event.key === "Escape" && event.target === byId("filter")) {
    event.target.value = "";
    event.target.dispatchEvent(new Event("input"));
  }
}

async function start() {
  const token = byId("token");
  token.value = sessionStorage.getItem(TOKEN) ?? "";
  token.addEventListener("input", () => sessionStorage.setItem(TOKEN, token.value));
  addEventListener("keydown", keys);
  addEventListener("hashchange", openNamed);
  try {
    const answer = await fetch("/openapi.json");
    if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
    show(await answer.json());
    openNamed();
  } catch (error) {
    byId("notice").textContent = `Cannot read /openapi.json: ${error.message}`;
  }
}

await start();
