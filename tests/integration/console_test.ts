import assert from "node:assert/strict";
import { compressedBytes } from "../../scripts/build_console.ts";
import { readCounter } from "../../src/vision/counter_code.ts";
import { BrowserPage, CHROMIUM } from "../support/browser.ts";
import { ConsoleServer } from "../support/console_server.ts";
import { SseClient } from "../support/sse_client.ts";

const PAGE_BYTES = 150_000;
const DIST = new URL("../../src/console/dist/", import.meta.url);
const COUNTER = {
  id: "count",
  source: { kind: "scene", scene: "counter", fps: 10, width: 320, height: 240 },
  pipeline: [{ analyzer: "counter" }],
  labels: { site: "north" },
};

if (CHROMIUM === undefined) {
  Deno.stderr.writeSync(
    new TextEncoder().encode(
      "skipped: the console in a browser wants Chromium\n",
    ),
  );
}

/** The canvas of the page's first picture. */
const CANVAS = `document.querySelector("canvas.live")`;

function inBrowser(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: CHROMIUM === undefined, fn });
}

Deno.test("The built console is what its sources give, and small", async () => {
  const kept = {
    script: await Deno.readTextFile(new URL("console.js", DIST)),
    style: await Deno.readTextFile(new URL("console.css", DIST)),
  };
  const bytes = (await Promise.all(Object.values(kept).map(compressedBytes)))
    .reduce((sum, size) => sum + size);
  assert.ok(bytes <= PAGE_BYTES, `${bytes} bytes compressed`);
  assert.doesNotMatch(kept.style, /url\(|@import/, "the style fetches nothing");
  // In a process of its own: the bundler's own process takes a while to go.
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", new URL("../../scripts/build_console.ts", import.meta.url).pathname, "--check"],
    stdin: "null",
  }).output();
  if (code === 2) {
    Deno.stderr.writeSync(stderr);
    Deno.stderr.writeSync(new TextEncoder().encode("skipped: the bundler does not run here\n"));
    return;
  }
  assert.equal(code, 0, "run `deno task console` and commit the result");
});

inBrowser(
  "The wall shows a stream live, and what is drawn is of the very frame that is shown",
  async () => {
    await using server = await ConsoleServer.start();
    await server.ask("POST", "/api/v1/streams", COUNTER);
    await using events = await SseClient.open(
      `${server.url}/api/v1/streams/count/events?types=result`,
    );
    await using page = await BrowserPage.open({ width: 1280, height: 800 });
    await page.goto(server.url);
    await page.until(`${CANVAS}?.dataset.result`);
    await page.until(
      `document.querySelector(".tile .figures")?.textContent.includes("fps")`,
    );

    const shown = new Map<string, number>();
    while (shown.size < 5) {
      const { frame, result, gray, width, height } = await page.evaluate<
        {
          frame: string;
          result: string;
          gray: number[];
          width: number;
          height: number;
        }
      >(`(() => {
      const canvas = ${CANVAS};
      const { width, height } = canvas;
      const copy = Object.assign(document.createElement("canvas"), { width, height });
      const context = copy.getContext("2d", { willReadFrequently: true });
      context.drawImage(canvas, 0, 0);
      const { data } = context.getImageData(0, 0, width, Math.ceil(height / 3));
      const gray = [];
      for (let at = 0; at < data.length; at += 4) gray.push(data[at + 1]);
      return { ...canvas.dataset, gray, width, height };
    })()`);
      assert.equal(
        result,
        frame,
        "the result that is drawn is the picture's own",
      );
      const value = readCounter(Uint8Array.from(gray), width, height);
      assert.ok(value !== undefined, "the picture shows its number");
      shown.set(frame, value);
    }
    const said = new Map<string, number>();
    while (![...shown.keys()].every((frame) => said.has(frame))) {
      const block = await events.next();
      if (!block?.data) continue;
      const { epoch, seq, outputs } = JSON.parse(block.data);
      said.set(`${epoch}:${seq}`, outputs.counter.value);
    }
    for (const [frame, value] of shown) {
      assert.equal(said.get(frame), value, frame);
    }
    assert.deepEqual(page.complaints, []);
  },
);

inBrowser(
  "A server that is killed and started again is missed quietly, and everything goes on by itself",
  async () => {
    await using server = await ConsoleServer.start();
    await server.ask("POST", "/api/v1/streams", COUNTER);
    await using page = await BrowserPage.open({ width: 1280, height: 800 });
    await page.goto(server.url);
    await page.until(`${CANVAS}?.dataset.result`);
    const before = await page.evaluate<string>(`${CANVAS}.dataset.frame`);

    await server.kill();
    await page.until(`document.querySelector(".banner")`);
    assert.match(
      await page.evaluate(`document.querySelector(".banner").textContent`),
      /does not answer/,
    );
    assert.equal(
      await page.evaluate(`document.querySelectorAll(".tile").length`),
      1,
      "the last there was stays",
    );

    await server.run();
    await page.until(`!document.querySelector(".banner")`);
    const [epoch, seq] = before.split(":").map(Number);
    await page.until(`(() => {
    const [epoch, seq] = (${CANVAS}?.dataset.result ?? "").split(":").map(Number);
    return epoch > ${epoch} && seq > ${seq};
  })()`);
  },
);

inBrowser(
  "Who comes without a token is asked for it, a wrong one is refused, a right one is remembered",
  async () => {
    await using server = await ConsoleServer.start({
      token: "a-token-of-sixteen-or-more",
    });
    await server.ask("POST", "/api/v1/streams", COUNTER);
    await using page = await BrowserPage.open({ width: 1280, height: 800 });
    await page.goto(server.url);
    await page.until(`document.querySelector(".sign-in input")`);
    const signIn = (token: string) =>
      page.evaluate(`{
      const input = document.querySelector(".sign-in input");
      input.value = ${JSON.stringify(token)};
      input.dispatchEvent(new Event("input", { bubbles: true }));
      input.form.requestSubmit();
    }`);
    await signIn("not-the-token-of-this-server");
    await page.until(
      `document.querySelector(".sign-in .fault")?.textContent.includes("unknown")`,
    );
    await signIn("a-token-of-sixteen-or-more");
    await page.until(`${CANVAS}?.dataset.result`);
    await page.goto("about:blank");
    await page.goto(server.url);
    await page.until(
      `document.readyState === "complete" && ${CANVAS}?.dataset.result`,
    );
    assert.equal(
      await page.evaluate(`document.querySelector(".sign-in")`),
      null,
    );
  },
);

inBrowser(
  "A stream's page pauses it, refuses a pipeline that does not fit, and deletes it",
  async () => {
    await using server = await ConsoleServer.start();
    await server.ask("POST", "/api/v1/streams", COUNTER);
    await using page = await BrowserPage.open({ width: 1280, height: 900 });
    await page.goto(`${server.url}/#/streams/count`);
    await page.until(`${CANVAS}?.dataset.result`);
    await page.until(`document.querySelector(".moments button")`);
    await page.evaluate(`document.querySelector(".moments button").click()`);
    await page.until(
      `document.querySelector(".json").textContent.includes('"seq"')`,
    );
    await page.until(`document.querySelector(".chart canvas")`);

    const button = (text: string, within = "document") =>
      `[...${within}.querySelectorAll("button")].find((button) => button.textContent.trim() === ${
        JSON.stringify(text)
      })`;
    const dialog = `document.querySelector("dialog[open]")`;
    await page.evaluate(`${button("Edit")}.click()`);
    await page.until(dialog);
    const write = (text: string) =>
      page.evaluate(`{
      const area = ${dialog}.querySelector("textarea");
      area.value = ${JSON.stringify(text)};
      area.dispatchEvent(new Event("input", { bubbles: true }));
    }`);
    await write("{ no JSON");
    await page.until(
      `${dialog}.querySelector(".fault") && ${button("Save", dialog)}.disabled`,
    );
    await write(`{"policy": {"fps": -1}}`);
    await page.until(`!${button("Save", dialog)}.disabled`);
    await page.evaluate(`${button("Save", dialog)}.click()`);
    await page.until(
      `${dialog}.querySelector(".note.error")?.textContent.includes("policy.fps")`,
    );
    await write(`{"pipeline": [{"model": "nobody-has-this"}]}`);
    await page.until(`${dialog}.querySelector(".note.error")?.textContent.includes("nobody-has-this")`);
    await write(`{"policy": {"fps": 5}}`);
    await page.until(`${dialog}.textContent.includes("the source stays connected")`);
    await page.evaluate(`${button("Save", dialog)}.click()`);
    await page.until(
      `!${dialog} && document.querySelector(".facts").textContent.includes("at most 5 fps")`,
    );

    await page.evaluate(`${button("Pause")}.click()`);
    await page.until(
      `document.querySelector(".page-head .badge").textContent.includes("paused")`,
    );
    await page.evaluate(`${button("Resume")}.click()`);
    await page.until(
      `document.querySelector(".page-head .badge").textContent.includes("running")`,
    );

    await page.evaluate(`${button("Delete")}.click()`);
    await page.until(dialog);
    await page.evaluate(`${button("Delete", dialog)}.click()`);
    await page.until(
      `location.hash === "#/" && document.querySelector(".empty")`,
    );
    assert.deepEqual(await server.ask("GET", "/api/v1/streams"), {
      streams: [],
    });
  },
);

inBrowser(
  "On a phone nothing is wider than the screen, the keys have their list, and a theme is remembered",
  async () => {
    await using server = await ConsoleServer.start();
    await server.ask("POST", "/api/v1/streams", {
      ...COUNTER,
      id: "a-camera-with-a-name-that-is-longer-than-most-names-are",
    });
    await server.ask("POST", "/api/v1/streams", {
      id: "gone",
      source: {
        kind: "rtsp",
        url: "rtsp://127.0.0.1:1/no/such/camera/behind/an/address/that/goes/on/and/on",
      },
    });
    await using page = await BrowserPage.open({ width: 1280, height: 800 });
    await page.send("Emulation.setDeviceMetricsOverride", {
      width: 390,
      height: 844,
      deviceScaleFactor: 2,
      mobile: true,
    });
    await page.goto(server.url);
    await page.until(`document.querySelector("canvas.live.begun")`);
    // What is in trouble comes first and says why.
    await page.until(
      `document.querySelector(".tile").dataset.stream === "gone"`,
    );
    await page.until(
      `/refused|reach/i.test(document.querySelector(".tile .why").textContent)`,
    );
    const overflow = `document.documentElement.scrollWidth - innerWidth`;
    assert.ok(
      await page.evaluate<number>(overflow) <= 0,
      "the wall is wider than a phone",
    );

    const press = async (key: string) => {
      await page.send("Input.dispatchKeyEvent", {
        type: "keyDown",
        key,
        text: key,
      });
      await page.send("Input.dispatchKeyEvent", { type: "keyUp", key });
    };
    await press("?");
    await page.until(`document.querySelector("dialog[open] kbd")`);
    await page.evaluate(
      `document.querySelector("dialog[open] .actions button").click()`,
    );
    await page.until(`!document.querySelector("dialog")`);
    await press("/");
    await page.until(`document.activeElement.matches("[data-search]")`);
    for (const letter of "camera-with") await press(letter);
    await page.until(`document.querySelectorAll(".tile").length === 1`);

    await page.evaluate(`document.activeElement.blur()`);
    await press("t");
    await press("t");
    await page.until(`document.documentElement.dataset.theme === "dark"`);
    // From another page: else only the hash would change, and nothing be loaded anew.
    await page.goto("about:blank");
    await page.goto(`${server.url}/#/streams/gone`);
    await page.until(
      `document.readyState === "complete" && document.querySelector(".page-head .badge")`,
    );
    assert.equal(
      await page.evaluate("document.documentElement.dataset.theme"),
      "dark",
    );
    assert.ok(
      await page.evaluate<number>(overflow) <= 0,
      "a stream's page is wider than a phone",
    );
  },
);
