import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { inDirectory } from "../tests/support/in_directory.ts";
import { type Manners, type WaywardFiles, waywardFiles } from "../tests/support/wayward_files.ts";
import { download, type DownloadOptions } from "./download.ts";

const FILE = new Uint8Array(300_000).map((_, i) => (i * 31) % 253);
const SHA256 = createHash("sha256").update(FILE).digest("hex");
const FAST: DownloadOptions = { pauseMs: 1, attempts: 3 };

/** Fetches the file from a server of such manners. */
async function fetched(
  manners: Manners,
  run: (fetch: (options?: DownloadOptions) => Promise<void>, server: WaywardFiles, path: string) => Promise<void>,
): Promise<void> {
  await inDirectory(async (dir) => {
    await using server = await waywardFiles(FILE, manners);
    const path = join(dir, "file.part");
    const target = { url: `${server.url}/models/file.onnx`, bytes: FILE.length, sha256: SHA256, path };
    await run((options) => download(target, { ...FAST, ...options }), server, path);
  });
}

Deno.test("a file is fetched whole, and its progress told", async () => {
  await fetched({}, async (fetch, server, path) => {
    const told: number[] = [];
    await fetch({ onProgress: (bytes) => told.push(bytes) });
    assert.deepEqual(await Deno.readFile(path), FILE);
    assert.ok(
      told.length > 0 && told.at(-1) === FILE.length && told.every((bytes, n) => n === 0 || bytes >= told[n - 1]),
    );
    await fetch();
    assert.deepEqual(server.asked, ["/models/file.onnx"], "what is there is not fetched again");
  });
});

Deno.test("a connection that is cut again and again goes on from where it was", async () => {
  await fetched({ cutAfter: 100_000, cuts: 2 }, async (fetch, server, path) => {
    await fetch();
    assert.deepEqual(await Deno.readFile(path), FILE);
    assert.deepEqual(server.asked, [
      "/models/file.onnx",
      "/models/file.onnx 100000",
      "/models/file.onnx 200000",
    ]);
  });
});

Deno.test("what broke off for good stays, and the next attempt goes on with it", async () => {
  await fetched({ cutAfter: 120_000, cuts: 1, status: undefined }, async (fetch, server, path) => {
    const stopped = new AbortController();
    const reason = new Error("enough");
    const first = fetch({
      signal: stopped.signal,
      onProgress: (bytes) => bytes >= 100_000 && stopped.abort(reason),
    });
    await assert.rejects(first, reason);
    const { size } = await Deno.stat(path);
    assert.ok(size >= 100_000 && size < FILE.length, `${size}`);
    server.manners = {};
    await fetch();
    assert.deepEqual(await Deno.readFile(path), FILE);
    assert.equal(server.asked.at(-1), `/models/file.onnx ${size}`);
  });
});

Deno.test("a server that knows no ranges begins anew", async () => {
  await fetched({ cutAfter: 100_000, cuts: 1, noRange: true }, async (fetch, _, path) => {
    await fetch();
    assert.deepEqual(await Deno.readFile(path), FILE);
  });
});

Deno.test("a server that says nothing more is not waited for", async () => {
  await fetched({ hangAfter: 100_000 }, async (fetch, server, path) => {
    await fetch({ stallMs: 150 });
    assert.deepEqual(await Deno.readFile(path), FILE);
    assert.equal(server.asked.length, 3);
  });
  await fetched({ hangAfter: 0 }, async (fetch) => {
    await assert.rejects(fetch({ stallMs: 150, attempts: 2 }), { code: "download", message: /nothing came for/ });
  });
});

Deno.test("what passes is tried again, what does not is told at once", async () => {
  await fetched({ status: 503, times: 2 }, async (fetch, server) => {
    await fetch();
    assert.equal(server.asked.length, 3);
  });
  for (const status of [401, 403, 404, 410]) {
    await fetched({ status }, async (fetch, server) => {
      await assert.rejects(fetch(), { code: "download", message: new RegExp(`answered ${status}`) });
      assert.equal(server.asked.length, 1);
    });
  }
  await fetched({ status: 500 }, (fetch) => assert.rejects(fetch(), { code: "download", message: /tried 3 times/ }));
});

Deno.test("wrong content is refused and thrown away, also where it only joins what lay there", async () => {
  const wrong = FILE.slice();
  wrong[200_000] ^= 1;
  const cases: [Manners, RegExp][] = [
    [{ instead: wrong }, /another one, so it is thrown away/],
    [{ instead: FILE.subarray(0, 1000) }, /has 1000 bytes there, and 300000 were published/],
    [{ instead: new TextEncoder().encode("<!DOCTYPE html>") }, /15 bytes there/],
  ];
  for (const [manners, message] of cases) {
    await fetched(manners, async (fetch, _, path) => {
      await assert.rejects(fetch(), { code: "checksum", message });
      assert.ok(!existsSync(path));
    });
  }
  await fetched({}, async (fetch, server, path) => {
    await Deno.writeFile(path, new Uint8Array(1000));
    await fetch();
    assert.deepEqual(await Deno.readFile(path), FILE, "what lay there was of something else");
    assert.deepEqual(server.asked, ["/models/file.onnx 1000", "/models/file.onnx"]);
  });
  await fetched({}, async (fetch, _, path) => {
    await Deno.writeFile(path, new Uint8Array(FILE.length + 5));
    await fetch();
    assert.deepEqual(await Deno.readFile(path), FILE);
  });
});

Deno.test("redirects are followed to files, and nowhere else", async () => {
  await using goal = await waywardFiles(FILE);
  await fetched({ redirect: `${goal.url}/there` }, async (fetch, _, path) => {
    await fetch();
    assert.deepEqual(await Deno.readFile(path), FILE);
    assert.deepEqual(goal.asked, ["/there"]);
  });
  await fetched({ redirect: "/models/file.onnx" }, (fetch) => assert.rejects(fetch(), /redirected more than 5 times/));
  await fetched(
    { redirect: "file:///etc/passwd" },
    (fetch) => assert.rejects(fetch(), /to file:, which is not followed/),
  );
  await fetched({ redirect: "http://" }, (fetch) => assert.rejects(fetch(), /no address/));
  await fetched({ redirect: `${goal.url}/there` }, async (fetch) => {
    const hosts: string[] = [];
    const check = (url: URL) => {
      hosts.push(url.host);
      return hosts.length > 1 ? Promise.reject(new Error("that host is not let in")) : Promise.resolve();
    };
    await assert.rejects(fetch({ check }), { code: "download", message: /that host is not let in/ });
    assert.equal(hosts.length, 2);
    assert.equal(goal.asked.length, 1);
  });
});

Deno.test("two cannot fetch one file into one place, and a message shows no password", async () => {
  await fetched({ hangAfter: 1000 }, async (fetch, server) => {
    const stopped = new AbortController();
    const first = fetch({ signal: stopped.signal });
    while (server.asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await assert.rejects(fetch(), { code: "download", message: /another process is fetching it/ });
    stopped.abort(new Error("enough"));
    await assert.rejects(first, /enough/);
  });
  await inDirectory(async (dir) => {
    const url = "http://user:secret@127.0.0.1:1/x";
    await assert.rejects(download({ url, bytes: 1, sha256: SHA256, path: join(dir, "x") }, { ...FAST, attempts: 1 }), {
      message: /^(?!.*secret).*\*\*\*@127/s,
    });
  });
});
