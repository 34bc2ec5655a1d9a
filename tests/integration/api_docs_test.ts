import assert from "node:assert/strict";
import { z } from "zod";
import { docsRoutes } from "../../src/api/docs/docs_routes.ts";
import type { Guard } from "../../src/api/guard.ts";
import { type Route, route } from "../../src/api/route.ts";
import { Upgrade } from "../../src/api/http/exchange.ts";
import { Listener } from "../../src/api/http/listener.ts";
import { createApi } from "../../src/api/server.ts";
import { BrowserPage, CHROMIUM } from "../support/browser.ts";

const PAGE_BYTES = 60_000;

const guard: Guard = {
  admit: (_, { address }) => Promise.resolve({ caller: { id: "test", role: "admin", address } }),
  preflight: () => undefined,
};

const shape: z.ZodType = z.strictObject({
  name: z.string(),
  get parts() {
    return z.array(shape).optional();
  },
}).meta({ id: "Shape", examples: [{ name: "<img src=x onerror=alert(1)>" }] });

function table(seen: { authorization: (string | null)[]; streams: number }): Route[] {
  const common = { tag: "shapes", role: "operator" } as const;
  const routes = [
    route({
      ...common,
      method: "PATCH",
      path: "/shapes/{id}",
      id: "patchShape",
      summary: "Change <b>a shape</b>",
      params: z.strictObject({ id: z.string() }),
      query: z.strictObject({ depth: z.coerce.number().optional(), kind: z.enum(["round", "square"]).optional() }),
      body: shape,
      answers: { 200: { description: "The shape", schema: shape } },
      handle({ params, query, body, request }) {
        seen.authorization.push(request.headers.get("authorization"));
        return { params, query, body };
      },
    }),
    route({
      ...common,
      method: "GET",
      path: "/ticks",
      id: "ticks",
      kind: "stream",
      summary: "What goes on",
      answers: { 200: { description: "Ticks", media: "text/event-stream" } },
      handle() {
        return new Response(
          new ReadableStream({
            start(controller) {
              seen.streams++;
              controller.enqueue(new TextEncoder().encode("data: tick\n\n"));
            },
            cancel: () => void seen.streams--,
          }),
          { headers: { "content-type": "text/event-stream" } },
        );
      },
    }),
    route({
      ...common,
      method: "GET",
      path: "/echo",
      id: "echo",
      kind: "upgrade",
      role: "public",
      summary: "Says it again",
      answers: { 101: { description: "What was said" } },
      handle: () =>
        new Upgrade(
          (socket) => socket.listen({ text: (text) => socket.send(`${text}, again`), bytes() {}, closed() {} }),
          1000,
        ),
    }),
  ];
  return [...routes, ...docsRoutes({ version: "1.2.3", routes })];
}

async function serve() {
  const seen = { authorization: [] as (string | null)[], streams: 0 };
  const stopping = new AbortController();
  const api = createApi({ routes: table(seen), guard, signal: stopping.signal });
  const server = await Listener.start({ api, hostname: "127.0.0.1", port: 0 });
  return {
    seen,
    url: server.url,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await server.close(20_000);
    },
  };
}

/** Sends a route's form; `said` is what it then says of the outcome. */
const submitted = (id: string) => `document.querySelector("#${id} form").requestSubmit()`;
const said = (id: string) => `document.querySelector("#${id} .bar [role=status]").textContent`;
const text = (id: string) => `document.querySelector("#${id} .result > pre")?.textContent ?? ""`;

Deno.test("The page and all its parts are small, of this server, and told by their tags", async () => {
  await using served = await serve();
  let bytes = 0;
  for (const path of ["/docs", "/docs/docs.css", "/docs/docs.js", "/docs/schema.js", "/docs/trial.js"]) {
    const response = await fetch(served.url + path);
    assert.equal(response.status, 200, path);
    const body = await response.text();
    bytes += new TextEncoder().encode(body).length;
    assert.doesNotMatch(body, /https?:\/\/(?!\$)/, `${path} names another server`);
    const again = await fetch(served.url + path, { headers: { "if-none-match": response.headers.get("etag")! } });
    assert.equal(again.status, 304, path);
    if (path === "/docs") assert.match(response.headers.get("content-security-policy")!, /script-src 'self'/);
  }
  assert.ok(bytes <= PAGE_BYTES, `${bytes} bytes`);
});

Deno.test({
  name: "In a browser, the page shows every route and sends requests under its own strict policy",
  ignore: CHROMIUM === undefined,
  async fn() {
    await using served = await serve();
    await using page = await BrowserPage.open({ width: 390, height: 844 });
    await page.goto(`${served.url}/docs#patchShape`);
    await page.until(`document.querySelector("#patchShape[open] form")`);

    const shown = await page.evaluate<string[]>(`[...document.querySelectorAll(".path")].map((e) => e.textContent)`);
    assert.deepEqual(shown, ["/shapes/{id}", "/ticks", "/echo"]);
    assert.equal(
      await page.evaluate(`document.querySelector("#patchShape .summary").textContent`),
      "Change <b>a shape</b>",
    );
    assert.equal(await page.evaluate(`document.querySelectorAll("main img, main b").length`), 0);
    const width = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
    assert.ok(width <= 0, `${width} pixels too wide for a phone`);

    // A shape that holds itself opens level by level.
    await page.evaluate(`document.querySelector("#patchShape .schema details").open = true`);
    await page.until(
      `document.querySelector("#patchShape .schema .schema .schema, #patchShape .schema details .schema")`,
    );

    await page.evaluate(`{
      const token = document.getElementById("token");
      token.value = "s3cret";
      token.dispatchEvent(new Event("input"));
      const [id, depth] = document.querySelectorAll("#patchShape .fields input");
      id.value = "a/b c";
      depth.value = "3";
    }`);
    await page.evaluate(submitted("patchShape"));
    await page.until(text("patchShape"));
    assert.deepEqual(JSON.parse(await page.evaluate(text("patchShape"))), {
      params: { id: "a/b c" },
      query: { depth: 3 },
      body: { name: "<img src=x onerror=alert(1)>" },
    });
    assert.match(await page.evaluate(said("patchShape")), /^200 /);
    assert.deepEqual(served.seen.authorization, ["Bearer s3cret"]);

    await page.goto(`${served.url}/docs?again`);
    await page.until(`document.querySelector(".route")`);
    assert.equal(await page.evaluate(`document.getElementById("token").value`), "s3cret");
    const unasked = page.complaints.filter((entry) => !entry.includes('"level":"verbose"'));
    assert.deepEqual(unasked, []);
  },
});

Deno.test({
  name: "In a browser, streams are followed until they are stopped, and WebSockets spoken to",
  ignore: CHROMIUM === undefined,
  async fn() {
    await using served = await serve();
    await using page = await BrowserPage.open({ width: 1280, height: 900 });
    await page.goto(`${served.url}/docs#ticks`);
    await page.until(`document.querySelector("#ticks[open] form")`);
    await page.evaluate(submitted("ticks"));
    await page.until(`(${text("ticks")}).includes("data: tick")`);
    assert.equal(served.seen.streams, 1);
    await page.evaluate(`document.querySelector("#ticks .bar button:nth-child(2)").click()`);
    await page.until(`${said("ticks")}.endsWith("stopped")`);

    await page.evaluate(`location.hash = "#echo"`);
    await page.until(`document.querySelector("#echo[open] form")`);
    await page.evaluate(submitted("echo"));
    await page.until(`${said("echo")} === "Connected"`);
    await page.evaluate(`{
      document.querySelector("#echo .result textarea").value = "hello";
      document.querySelector("#echo .result button").click();
    }`);
    await page.until(`(${text("echo")}).includes("← hello, again")`);
    await page.evaluate(`document.querySelector("#echo .bar button:nth-child(2)").click()`);
    await page.until(`${said("echo")}.startsWith("Closed")`);
  },
});

Deno.test({
  name: "In a browser, the page is worked by keyboard: filter, clear, send, copy as curl",
  ignore: CHROMIUM === undefined,
  async fn() {
    await using served = await serve();
    await using page = await BrowserPage.open({ width: 1280, height: 900 });
    await page.goto(`${served.url}/docs#patchShape`);
    await page.until(`document.querySelector("#patchShape[open] form")`);
    const press = async (key: string, modifiers = 0) => {
      const text = key.length === 1 ? { text: key } : {};
      await page.send("Input.dispatchKeyEvent", { type: "keyDown", key, modifiers, ...text });
      await page.send("Input.dispatchKeyEvent", { type: "keyUp", key, modifiers });
    };
    const visible = `[...document.querySelectorAll(".route")].filter((e) => !e.hidden).map((e) => e.id).join()`;
    await press("/");
    await page.until(`document.activeElement.id === "filter"`);
    for (const letter of "goes on") await press(letter);
    await page.until(`(${visible}) === "ticks"`);
    await press("Escape");
    await page.until(`(${visible}) === "patchShape,ticks,echo"`);

    await page.evaluate(`{
      const field = document.querySelector("#patchShape .fields input");
      field.value = "it's";
      field.focus();
    }`);
    await press("Enter", 2);
    await page.until(`${said("patchShape")}.startsWith("200 ")`);

    await page.evaluate(`{
      Object.defineProperty(navigator.clipboard, "writeText", { value: async (text) => void (window.copied = text) });
      document.querySelector("#patchShape .bar button:nth-child(3)").click();
    }`);
    await page.until("window.copied");
    const curl = await page.evaluate<string>("window.copied");
    assert.ok(
      curl.startsWith(`curl '${served.url}/shapes/it'\\''s' -X PATCH -H 'content-type: application/json' --data-raw '`),
    );
  },
});
