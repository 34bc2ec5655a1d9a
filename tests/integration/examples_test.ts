import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { BrowserPage, CHROMIUM } from "../support/browser.ts";
import { inDirectory } from "../support/in_directory.ts";
import { linesOf } from "../support/lines_of.ts";
import { succeeds } from "../support/python_env.ts";
import { ServedWeir } from "../support/served_weir.ts";
import { skip } from "../support/skip.ts";

const example = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

/** Declares a test of an example with a server that shows the demonstration. */
function exampleTest(name: string, run: (weir: ServedWeir) => Promise<void>, unless = true, wants = "") {
  Deno.test({
    name,
    ignore: skip(name, unless, wants),
    async fn() {
      await using weir = await ServedWeir.start({ flags: ["--demo"] });
      await weir.firstResult();
      await run(weir);
    },
  });
}

exampleTest(
  "follow.sh registers a stream with curl, follows it, changes it and removes it",
  async (weir) => {
    await inDirectory(async (cwd) => {
      const child = new Deno.Command("sh", { args: [example("follow.sh"), weir.url], cwd, stdin: "null" });
      const { code, stdout, stderr } = await child.output();
      const said = new TextDecoder().decode(stdout);
      assert.equal(code, 0, said + new TextDecoder().decode(stderr));
      assert.equal(said.match(/^data: ?\{.*"label":"ball"/gm)?.length, 5, said);
      assert.ok((await Deno.stat(`${cwd}/lesson.jpg`)).size > 1000);
    });
    assert.deepEqual((await weir.json("/api/v1/streams")).streams.map(({ id }: { id: string }) => id), ["default"]);
  },
  await succeeds("curl", "--version"),
  "curl",
);

exampleTest(
  "follow.mjs prints results in Node",
  async (weir) => {
    for (const line of await linesOf("node", [example("follow.mjs"), weir.url], /^\d+ [\d.]+ ms /, 3)) {
      assert.match(line, /"detections":\[/);
    }
  },
  await succeeds("node", "--version"),
  "Node",
);

exampleTest(
  "follow.py prints results with Python's standard library",
  async (weir) => {
    for (const line of await linesOf("python3", [example("follow.py"), weir.url], /^\d+ [\d.]+ ms /, 3)) {
      assert.match(line, /\['(?:player|ball|referee|goalkeeper)'/);
    }
  },
  await succeeds("python3", "--version"),
  "Python 3",
);

const page = "browser.html shows a stream of another origin that let it in";
Deno.test({
  name: page,
  ignore: skip(page, CHROMIUM !== undefined, "Chromium"),
  async fn() {
    const html = await Deno.readTextFile(example("browser.html"));
    const answer = () => new Response(html, { headers: { "content-type": "text/html" } });
    await using pages = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, answer);
    const origin = `http://127.0.0.1:${pages.addr.port}`;
    await using weir = await ServedWeir.start({ flags: ["--demo"], env: { WEIR_SERVER__ORIGINS: `["${origin}"]` } });
    await weir.firstResult();
    await using browser = await BrowserPage.open({ width: 800, height: 700 });
    await browser.goto(`${origin}/browser.html?weir=${weir.url}`);
    await browser.until(`/Frame \\d+.*player/.test(document.querySelector("#found")?.textContent)`);
    await browser.until(`document.querySelector("#picture").naturalWidth > 0`);
  },
});
