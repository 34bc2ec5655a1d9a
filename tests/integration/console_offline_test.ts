import assert from "node:assert/strict";
import { type BrowserPage, CHROMIUM } from "../support/browser.ts";
import { ConsolePage } from "../support/console_page.ts";
import { ConsoleServer } from "../support/console_server.ts";
import { SseClient } from "../support/sse_client.ts";
import { Severable } from "../support/severable.ts";
import { skip } from "../support/skip.ts";

/** Every picture has its number, and now and then one is told as an alert. */
const COUNTER = {
  id: "count",
  source: { kind: "scene", scene: "counter", fps: 10, width: 320, height: 240 },
  pipeline: [
    { analyzer: "counter" },
    {
      analyzer: "alert",
      name: "now",
      when: "counter.value >= 0",
      repeat: true,
      cooldownS: 3,
      message: "{counter.value}",
      picture: false,
    },
  ],
};
/** What the page asks of the server, counted before it is sent: a network that is off sees none of it. */
const COUNT_TRIES = `
  globalThis.tries = { requests: 0, sockets: 0 };
  const { fetch, WebSocket } = globalThis;
  globalThis.fetch = (...args) => (tries.requests++, fetch(...args));
  globalThis.WebSocket = class extends WebSocket {
    constructor(...args) {
      super(...args);
      tries.sockets++;
    }
  };`;
/** A page that stands before a silent server may ask so often and no more, a second. */
const STORM = 2;
const WATCHED_MS = 8000;

function inBrowser(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: skip(name, CHROMIUM !== undefined, "Chromium"), fn });
}

/** The number of the picture that is shown. */
function shown(page: BrowserPage): Promise<{ epoch: number; seq: number }> {
  return page.evaluate(`(() => {
    const [epoch, seq] = document.querySelector("canvas.live").dataset.result.split(":").map(Number);
    return { epoch, seq };
  })()`);
}

/** A page of the stream in its own browser, that counts what it asks. */
async function opened(url: string): Promise<ConsolePage> {
  const view = await ConsolePage.open(url, { place: "#/" });
  await view.page.send("Page.addScriptToEvaluateOnNewDocument", { source: COUNT_TRIES });
  await view.page.goto("about:blank");
  await view.page.goto(`${url}/#/streams/count`);
  return view;
}

/** What is between a page and its server goes away, and comes back. */
interface Outage {
  begin(): Promise<void> | void;
  end(): Promise<void> | void;
  says: RegExp;
}

/** The page stays as it was, says quietly what is wrong, asks seldom, and goes on by itself. */
async function survives({ page }: ConsolePage, { begin, end, says }: Outage): Promise<void> {
  await page.until(`document.querySelector("canvas.live")?.dataset.result && document.querySelector(".alerts li")`);
  await begin();
  await page.until(`document.querySelector(".banner")`);
  assert.match(await page.evaluate(`document.querySelector(".banner").textContent`), says);
  assert.equal(await page.evaluate(`document.querySelector("main h1").textContent.includes("count")`), true);
  assert.equal(await page.evaluate(`document.querySelectorAll("dialog[open], .toast").length`), 0, "it is quiet");
  const before = await shown(page);
  const tries = `({ ...tries, atMs: performance.now() })`;
  const from = await page.evaluate<{ requests: number; sockets: number; atMs: number }>(tries);
  await new Promise((resolve) => setTimeout(resolve, WATCHED_MS));
  const to = await page.evaluate<{ requests: number; sockets: number; atMs: number }>(tries);
  const asked = to.requests - from.requests + to.sockets - from.sockets;
  const perSecond = asked / ((to.atMs - from.atMs) / 1000);
  assert.ok(perSecond < STORM, `${asked} tries, ${perSecond.toFixed(1)} a second`);

  await end();
  await page.until(`!document.querySelector(".banner")`);
  await page.until(`(() => {
    const [epoch, seq] = document.querySelector("canvas.live").dataset.result.split(":").map(Number);
    return epoch >= ${before.epoch} && seq > ${before.seq};
  })()`);
}

inBrowser("A device without network keeps the page as it was, and is told what it missed", async () => {
  await using server = await ConsoleServer.start();
  await server.ask("POST", "/api/v1/streams", COUNTER);
  await using events = await SseClient.open(`${server.url}/api/v1/streams/count/events?types=alert`);
  await using way = new Severable(server.port);
  await using view = await opened(way.url);
  const { page } = view;
  const network = (offline: boolean) =>
    page.send("Network.emulateNetworkConditions", {
      offline,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: -1,
    });
  await page.send("Network.enable");
  let severedAtMs = 0;
  let missed = "";
  await survives(view, {
    async begin() {
      // The browser's own switch leaves connections alone that are open.
      way.sever();
      await network(true);
      severedAtMs = Date.now();
    },
    async end() {
      while (missed === "") {
        const { at, message } = JSON.parse((await events.next())?.data ?? "{}");
        if (Date.parse(at) > severedAtMs) missed = message;
      }
      way.mend();
      await network(false);
    },
    says: /This device is offline/,
  });
  await page.until(
    `[...document.querySelectorAll(".alerts li strong")].some((alert) => alert.textContent === "${missed}")`,
  );
  assert.deepEqual(view.complaints, []);
});

inBrowser("A server that hangs is missed quietly and asked seldom, and goes on when it does", async () => {
  await using server = await ConsoleServer.start();
  await server.ask("POST", "/api/v1/streams", COUNTER);
  await using view = await opened(server.url);
  await survives(view, {
    begin: () => server.freeze(),
    end: () => server.thaw(),
    says: /The server does not answer/,
  });
  assert.deepEqual(view.complaints, []);
});
