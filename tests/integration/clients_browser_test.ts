import assert from "node:assert/strict";
import { BrowserPage, CHROMIUM } from "../support/browser.ts";
import { assertNothingAmiss } from "../support/guest_events.ts";
import { GuestServer } from "../support/guest_server.ts";
import { skip } from "../support/skip.ts";
import { text, Web } from "../support/web.ts";

const COUNTER = { kind: "scene", scene: "counter", fps: 20, width: 64, height: 64 };
const TOKEN = "operator-token-0123456789";
const AUTHORIZATION = { authorization: `Bearer ${TOKEN}` };

/**
 * A page as people write them: a ticket for its EventSource, which comes back by itself; when its ticket has died with
 * the server it fails for good, and the page begins anew after the last position that it saw.
 */
const PAGE = `<!doctype html><title>a wall of somebody's</title><script>
  const [api, token] = location.hash.slice(1).split("|");
  window.seen = [];
  window.opened = 0;
  window.closing = [];
  window.faults = [];
  let last;
  async function listen() {
    try {
      const answer = await fetch(api + "/api/v1/tickets", {
        method: "POST",
        headers: { authorization: "Bearer " + token, "content-type": "application/json" },
        body: JSON.stringify({ path: "/stream" }),
      });
      const { ticket } = await answer.json();
      const query = new URLSearchParams({ ticket, ...(last && { after: last }) });
      const source = new EventSource(api + "/stream?" + query);
      source.onopen = () => window.opened++;
      for (const type of ["result", "state", "gap"]) {
        source.addEventListener(type, ({ lastEventId, data }) => {
          last = lastEventId;
          window.seen.push({ position: Number(last), type, data: JSON.parse(data) });
        });
      }
      source.addEventListener("closing", ({ data }) => window.closing.push(JSON.parse(data).reason));
      source.onerror = () => {
        if (source.readyState === EventSource.CLOSED) setTimeout(listen, 100);
      };
    } catch (error) {
      window.faults.push(String(error));
      setTimeout(listen, 100);
    }
  }
  listen();
</script>`;

const size = { width: 400, height: 300 };
const html = { "content-type": "text/html" };
const auth = { tokens: [{ name: "wall", token: TOKEN, role: "operator" }] };

const listed = "an EventSource on a listed page of another origin follows a stream through a restart of the server";
Deno.test({
  name: listed,
  ignore: skip(listed, CHROMIUM !== undefined, "Chromium"),
  async fn() {
    await using web = new Web({ "": text(PAGE, html) });
    const page = web.url("").replace("127.0.0.1", "localhost");
    await using server = await GuestServer.start({ auth, server: { origins: [new URL(page).origin] } });
    await server.run({ id: "count", source: COUNTER }, AUTHORIZATION);
    await using browser = await BrowserPage.open(size);
    await browser.goto(`${page}#${server.url}|${TOKEN}`);
    await browser.until("window.seen?.length >= 20");
    await server.stop();
    await browser.until("window.closing.length === 1");
    await server.begin();
    await browser.until("window.seen.some(({ type }) => type === 'gap')");
    const before = await browser.evaluate<number>("window.seen.length");
    await browser.until(`window.seen.length >= ${before + 20}`);
    assert.ok(await browser.evaluate<number>("window.opened") >= 2);
    assert.deepEqual(await browser.evaluate("window.closing"), ["The server stops"]);
    assertNothingAmiss(await browser.evaluate("window.seen"));
  },
});

const strange = "a page of an origin that is not listed gets no ticket, and nothing with a ticket that it was given";
Deno.test({
  name: strange,
  ignore: skip(strange, CHROMIUM !== undefined, "Chromium"),
  async fn() {
    await using web = new Web({ "": text(PAGE, html) });
    const page = web.url("").replace("127.0.0.1", "localhost");
    await using server = await GuestServer.start({ auth });
    await server.run({ id: "count", source: COUNTER }, AUTHORIZATION);
    const { ticket } = await server.ask("POST", "/api/v1/tickets", {}, AUTHORIZATION);
    await using browser = await BrowserPage.open(size);
    await browser.goto(`${page}#${server.url}|${TOKEN}`);
    await browser.until("window.faults?.length >= 2");
    assert.equal(await browser.evaluate("window.seen.length"), 0);
    const outcome = await browser.evaluate(`new Promise((resolve) => {
      const source = new EventSource("${server.url}/stream?ticket=${ticket}");
      source.onopen = () => resolve("open");
      source.onerror = () => resolve("refused");
    })`);
    assert.equal(outcome, "refused");
    assert.ok(await server.answered(403, AUTHORIZATION) > 0);
  },
});
