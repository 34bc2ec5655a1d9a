import assert from "node:assert/strict";
import { violations } from "../support/axe.ts";
import { CHROMIUM } from "../support/browser.ts";
import { layoutFaults, resize } from "../support/console_layout.ts";
import { ConsolePage } from "../support/console_page.ts";
import { ConsoleServer } from "../support/console_server.ts";
import { skip } from "../support/skip.ts";

const TOKENS = {
  viewer: "viewer-token-0123456789",
  operator: "operator-token-0123456789",
  admin: "admin-token-0123456789",
};
const STREAM = {
  id: "count",
  source: { kind: "scene", scene: "counter", fps: 5, width: 320, height: 240 },
  pipeline: [{ analyzer: "counter" }],
};
/** Pages that only make something. */
const MAKING = [
  { hash: "#/add", title: "Add" },
  { hash: "#/webcam", title: "Webcam" },
  { hash: "#/engagement", title: "Engagement" },
  { hash: "#/vitals", title: "Vitals" },
];

function inBrowser(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: skip(name, CHROMIUM !== undefined, "Chromium"), fn });
}

/** A server with a token for each role. */
async function served(): Promise<ConsoleServer> {
  const file = await Deno.makeTempFile({ prefix: "weir-roles-", suffix: ".json" });
  const tokens = Object.entries(TOKENS).map(([role, token]) => ({ name: `${role}-of-ours`, token, role }));
  await Deno.writeTextFile(file, JSON.stringify({ auth: { tokens } }));
  try {
    const server = await ConsoleServer.start({ flags: ["--config", file] });
    const made = await fetch(`${server.url}/api/v1/streams`, {
      method: "POST",
      headers: { authorization: `Bearer ${TOKENS.admin}`, "content-type": "application/json" },
      body: JSON.stringify(STREAM),
    });
    assert.equal(made.status, 201, await made.text());
    return server;
  } finally {
    await Deno.remove(file);
  }
}

/** The button with these words: what it says of itself. */
function button(words: string): string {
  return `[...document.querySelectorAll("main button")].find(({ textContent }) => textContent.trim() === ${
    JSON.stringify(words)
  })`;
}

const barred = (words: string) => `${button(words)}.ariaDisabled === "true"`;

inBrowser("A viewer is told beforehand what he may not do, wherever it stands, and does all the rest", async () => {
  await using server = await served();
  await using view = await ConsolePage.open(server.url, { place: "#/" });
  const { page } = view;
  await view.signIn(TOKENS.viewer);
  await page.until(`document.querySelector(".who")?.textContent === "viewer"`);
  await page.until(`document.querySelector(".tile canvas.live.begun")`);

  await view.go("#/streams/count", "count");
  for (const words of ["Pause", "Restart", "Edit", "Delete", "Draw"]) {
    await page.until(barred(words));
    assert.match(await page.evaluate(`${button(words)}.title`), /takes the role operator, and yours is viewer/, words);
  }
  assert.ok(!await page.evaluate(barred("Use in code")));
  assert.deepEqual(await violations(page), []);
  await resize(page, { width: 1280, height: 900 });
  await view.press("Pause");
  await page.until(`document.querySelector(".toast.bad")?.textContent.includes("the role operator")`);
  const stream = await fetch(`${server.url}/api/v1/streams/count`, {
    headers: { authorization: `Bearer ${TOKENS.admin}` },
  });
  assert.equal((await stream.json()).status.state, "running");

  for (const { hash, title } of MAKING) {
    await view.go(hash, title);
    await page.until(`document.querySelector("main .empty")?.textContent.includes("takes the role operator")`);
    assert.equal(await page.evaluate(`document.querySelector("main form, main video, main .kinds")`), null, title);
  }
  assert.deepEqual(await violations(page), []);
  await resize(page, { width: 390, height: 844 });
  assert.deepEqual(await layoutFaults(page), []);

  await view.go("#/captures", "Captures");
  await page.until(barred("Keep"));
  await view.go("#/models", "Models");
  await page.until(`document.querySelector("main").textContent.includes("takes the role admin, and yours is viewer")`);
  await view.go("#/predict", "Predict");
  assert.ok(!await page.evaluate(barred("Choose a file")));

  await view.go("#/add", "Add");
  await view.press("Use another token");
  await view.signIn(TOKENS.operator);
  await page.until(`document.querySelector("form.add")`);
  assert.deepEqual(view.complaints, []);
});

inBrowser("An operator operates, and adds no models", async () => {
  await using server = await served();
  await using view = await ConsolePage.open(server.url, { place: "#/streams/count" });
  const { page } = view;
  await view.signIn(TOKENS.operator);
  await page.until(`document.querySelector(".who")?.textContent === "operator"`);
  await view.press("Pause");
  await page.until(`document.querySelector(".page-head .badge").textContent.includes("paused")`);
  await view.go("#/models", "Models");
  await page.until(
    `document.querySelector("main").textContent.includes("takes the role admin, and yours is operator")`,
  );
  assert.equal(await page.evaluate(`document.querySelector("main .drop")`), null);
  await view.press("Models that Weir knows and can fetch");
  await page.until(`${button("Fetch")}?.ariaDisabled === "true"`);
  assert.deepEqual(view.complaints, []);
});
