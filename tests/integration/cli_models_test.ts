import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { join } from "node:path";
import { RegistryStore } from "../../models/registry_store.ts";
import { tinyDetector } from "../../scripts/bench/sample_models.ts";
import { DataLock } from "../../src/store/data_lock.ts";
import { spawnWeir } from "../support/command_line.ts";
import { inDirectory } from "../support/in_directory.ts";
import { until } from "../support/until.ts";
import { type Manners, waywardFiles } from "../support/wayward_files.ts";

const MODEL = tinyDetector();
const SHA256 = createHash("sha256").update(MODEL).digest("hex");

/** A data directory of its own, and the command line that works in it. */
async function rig(
  run: (r: {
    dir: string;
    weir(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }>;
    env: Record<string, string>;
  }) => Promise<void>,
): Promise<void> {
  await inDirectory(async (dir) => {
    const env: Record<string, string> = { WEIR_DATA_DIR: join(dir, "data"), NO_PROXY: "*" };
    const weir = async (...args: string[]) => {
      const { code, stdout, stderr } = await spawnWeir(args, env).output();
      return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
    };
    await Deno.writeFile(join(dir, "cells.onnx"), MODEL);
    await Deno.writeFile(join(dir, "wide.onnx"), tinyDetector({ size: 96 }));
    await run({ dir, weir, env });
  });
}

Deno.test("models are added, listed, switched, run by name and removed from the command line", async () => {
  await rig(async ({ dir, weir }) => {
    await Deno.writeTextFile(join(dir, "wide.weir.yaml"), "labels: [rot, gruen, blau]\nversion: wide\nlicence: MIT\n");
    const first = await weir("models", "add", join(dir, "cells.onnx"));
    assert.deepEqual([first.code, first.stdout, first.stderr], [0, "cells@1 is what cells means now.\n", ""]);
    const second = await weir("models", "add", join(dir, "wide.onnx"), "--name", "cells");
    assert.match(second.stdout, /^cells@wide is added; weir models use cells@wide puts it in force\./);
    const list = await weir("models", "list");
    assert.match(list.stdout, /cells +detect; versions 1 \(active, .*\), wide \(/);
    assert.match(list.stdout, /Built in:[^]*weir-pitch/);
    const used = await weir("models", "use", "cells@wide");
    assert.match(used.stdout, /^cells means cells@wide \(weir models use cells@1 goes back\)/);

    const run = async (model: string) => {
      const { code, stdout, stderr } = await weir(
        "run",
        "scene:counter?seconds=1&pace=fast",
        "--model",
        model,
        "--quiet",
      );
      assert.equal(code, 0, stderr);
      const { model: name, version } = JSON.parse(stdout.split("\n")[0]).outputs.detect;
      return [name, version];
    };
    assert.deepEqual(await run("cells"), ["cells", "wide"]);
    assert.deepEqual(await run("cells@1"), ["cells", "1"]);
    const inspected = await weir("models", "inspect", "cells", "--json");
    assert.deepEqual(JSON.parse(inspected.stdout).spec.labels, ["rot", "gruen", "blau"]);

    const tried = await weir("models", "try", "cells@1", "--share", "0.5");
    assert.match(tried.stdout, /^cells@1 answers a share of 0\.5 of cells's frames\./);
    const { stdout: half } = await weir("run", "scene:counter?seconds=1&pace=fast", "--model", "cells", "--quiet");
    const versions = half.trim().split("\n").map((line) => JSON.parse(line).outputs?.detect.version);
    assert.deepEqual([...new Set(versions)].toSorted(), ["1", "wide"]);
    await weir("models", "try", "cells@1");
    assert.match((await weir("models", "list")).stdout, /versions 1 \(canary of 50 %, .*\), wide \(active/);
    assert.match((await weir("models", "try", "cells", "--end")).stdout, /^No version of cells is tried any more\./);

    const wrong = await weir("run", "scene:counter", "--model", "cels");
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /no model of that name in the registry \(cells; built in: .*\); did you mean cells\?/);
    for (
      const [args, words] of [
        [["use", "cells"], /wants one version/],
        [["use", "cells@9"], /no version 9 of cells; there are: 1, wide/],
        [["use", "cels@1"], /did you mean cells\?/],
        [["try", "cells"], /wants one version/],
        [["try", "cells@wide"], /is the active version; a shadow is another one/],
        [["try", "cells@1", "--share", "2"], /--share/],
        [["rm", "cells@wide"], /it is the active version/],
        [["rm", "a@b@c"], /wants one model/],
        [["add", join(dir, "none.onnx")], /no such file/],
        [["add", join(dir, "cells.onnx"), "--name", "../x"], /Cannot use "\.\.\/x" as a model's name/],
        [["lst"], /did you mean list\?/],
      ] as [string[], RegExp][]
    ) {
      const { code, stderr } = await weir("models", ...args);
      assert.ok(code > 0, args.join(" "));
      assert.match(stderr, words);
    }
    assert.equal((await weir("models", "rm", "cells@1")).code, 0);
    const removed = await weir("models", "rm", "cells");
    assert.deepEqual([removed.code, removed.stdout], [0, "cells is gone.\n"]);
    const files: string[] = [];
    for await (const { name } of Deno.readDir(join(dir, "data", "models", "files"))) files.push(name);
    assert.deepEqual(files, []);
  });
});

Deno.test("a file that cannot be used is not kept, and nothing is removed under a server that runs", async () => {
  await rig(async ({ dir, weir }) => {
    await Deno.writeFile(join(dir, "half.onnx"), MODEL.subarray(0, 300));
    const half = await weir("models", "add", join(dir, "half.onnx"));
    assert.equal(half.code, 1);
    assert.match(half.stderr, /half\.onnx: it is cut short/);
    await weir("models", "add", join(dir, "cells.onnx"));
    using _ = await DataLock.take(join(dir, "data"));
    const { code, stderr } = await weir("models", "rm", "cells");
    assert.equal(code, 1);
    assert.match(stderr, /a server works in .*; ask it: DELETE \/api\/v1\/models\/cells/);
    const { models } = await new RegistryStore(join(dir, "data", "models")).list();
    assert.deepEqual(models.map(({ name }) => name), ["cells"]);
  });
});

/** The same with a zoo of its own, whose files come from a server that behaves as it is told. */
async function withZoo(
  manners: Manners,
  run: (r: {
    pull(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }>;
    files: Awaited<ReturnType<typeof waywardFiles>>;
    dir: string;
    env: Record<string, string>;
    list: string;
  }) => Promise<void>,
): Promise<void> {
  await rig(async ({ dir, weir, env }) => {
    await using files = await waywardFiles(MODEL, manners);
    const entry = { describe: "cells", task: "detect", adapter: "yolo", bytes: MODEL.length, sha256: SHA256 };
    const url = `${files.url}/files/cells-v1.onnx`;
    const models = {
      cells: { ...entry, licence: "MIT", url },
      bound: { ...entry, licence: "AGPL-3.0-only", url, home: "https://example.org/read" },
      old: { ...entry, licence: "MIT", url, note: "It has moved" },
    };
    const list = join(dir, "zoo.json");
    await Deno.writeTextFile(list, JSON.stringify({ v: 1, models }));
    await run({ pull: (...args) => weir("models", "pull", ...args, "--zoo-list", list), files, dir, env, list });
  });
}

Deno.test("a model of the zoo is fetched through cuts, from a mirror where one is given, and once only", async () => {
  await withZoo({ cutAfter: 500, cuts: 2 }, async ({ pull, files, dir }) => {
    const { code, stdout, stderr } = await pull("cells");
    assert.deepEqual([code, stdout], [0, "cells@1 is what cells means now.\n"], stderr);
    assert.deepEqual(files.asked, ["/files/cells-v1.onnx", "/files/cells-v1.onnx 500", "/files/cells-v1.onnx 1000"]);
    await Deno.writeTextFile(join(dir, "names.txt"), "rot\ngruen\nblau\n");
    const renamed = await pull("cells", "--name", "named", "--labels", join(dir, "names.txt"));
    assert.equal(renamed.code, 0, renamed.stderr);
    const { versions: [{ manifest }] } = (await new RegistryStore(join(dir, "data", "models")).get("named"))!;
    assert.deepEqual(manifest.labels, ["rot", "gruen", "blau"]);
    const mirrored = await pull("cells", "--mirror", `${files.url}/mirror`, "--name", "again");
    assert.equal(mirrored.code, 0, mirrored.stderr);
    assert.equal(files.asked.at(-1), "/mirror/cells-v1.onnx");
  });
});

Deno.test("what the environment says of mirrors and proxies is heeded", async () => {
  await withZoo({}, async ({ pull, files, env }) => {
    env.WEIR_ZOO__MIRROR = `${files.url}/from-environment/`;
    assert.equal((await pull("cells", "--name", "one")).code, 0);
    assert.equal(files.asked.at(-1), "/from-environment/cells-v1.onnx");
    delete env.WEIR_ZOO__MIRROR;
    delete env.NO_PROXY;
    const asked: string[] = [];
    const proxy = createServer((request, response) => {
      asked.push(request.url!);
      response.writeHead(200, { "content-length": MODEL.length });
      response.end(MODEL);
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    try {
      env.HTTP_PROXY = env.http_proxy = `http://127.0.0.1:${(proxy.address() as { port: number }).port}`;
      const { code, stderr } = await pull("cells", "--name", "two", "--mirror", "http://models.invalid/x");
      assert.equal(code, 0, stderr);
      assert.deepEqual(asked, ["http://models.invalid/x/cells-v1.onnx"]);
    } finally {
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
    }
  });
});

Deno.test("what is wrong with a download is told, and nothing of it is kept", async () => {
  const wrong = MODEL.slice();
  wrong[wrong.length - 1] ^= 1;
  await withZoo({ instead: wrong }, async ({ pull, dir, files }) => {
    const bad = await pull("cells");
    assert.equal(bad.code, 1);
    assert.match(bad.stderr, /what came is not what was published/);
    const left: string[] = [];
    for await (const { name } of Deno.readDir(join(dir, "data", "models", "partial"))) left.push(name);
    assert.deepEqual(left, []);
    files.manners = { status: 404 };
    assert.match((await pull("old")).stderr, /answered 404.*It has moved \(--mirror\)/);
    assert.match((await pull("cels")).stderr, /no model called cels in the zoo; did you mean cells\?/);
    assert.equal((await new RegistryStore(join(dir, "data", "models")).list()).models.length, 0);
  });
});

Deno.test("a restrictive licence is shown, and nothing is fetched before it is accepted", async () => {
  await withZoo({}, async ({ pull, files, list, env }) => {
    const refused = await pull("bound");
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /AGPL-3\.0-only\n +read it at https:\/\/example\.org\/read\n--accept-licence/);
    assert.deepEqual(files.asked, []);
    assert.equal((await pull("bound", "--accept-licence")).code, 0);
    const { stdout } = await spawnWeir(["models", "list", "--zoo", "--zoo-list", list], env).output();
    assert.match(
      new TextDecoder().decode(stdout),
      /bound +cells\. detect, AGPL-3\.0-only, .*\(to be accepted\)[^]*here as bound[^]*MIT, .* \[1\][^]*\n +\[1\] +It has moved\./,
    );
  });
});

Deno.test("an interrupted download stops at once and goes on where it was", async () => {
  await withZoo({ hangAfter: 1000 }, async ({ files, env, list, pull, dir }) => {
    const child = spawnWeir(["models", "pull", "cells", "--zoo-list", list], env);
    const partial = join(dir, "data", "models", "partial", `${SHA256}.part`);
    await until(async () => (await Deno.stat(partial).catch(() => undefined))?.size === 1000, "the first bytes");
    child.kill("SIGINT");
    const { code, stderr } = await child.output();
    assert.equal(code, 130, new TextDecoder().decode(stderr));
    assert.match(new TextDecoder().decode(stderr), /the same command goes on with it/);
    files.manners = {};
    assert.equal((await pull("cells")).code, 0);
    assert.equal(files.asked.at(-1), "/files/cells-v1.onnx 1000");
  });
});
