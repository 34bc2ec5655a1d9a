import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { lockedPackage } from "./registry_package.ts";
import { tar } from "./tar.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const packed = (files: Record<string, string>) => {
  const list = Object.entries(files).map(([path, text]) => ({ path, bytes: encode(text) }));
  return gzipSync(Buffer.concat([...tar(list, { mtimeS: 0 })]));
};
const digestOf = (bytes: Uint8Array) => `sha512-${createHash("sha512").update(bytes).digest("base64")}`;

/** A registry with one package, and a repository whose lock file wants it with that digest. */
async function withRegistry(
  { archive, integrity }: { archive: Uint8Array<ArrayBuffer>; integrity: string },
  use: (fetched: () => Promise<string>, registry: { requests: number; root: string }) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "weir-test-" });
  const seen = { requests: 0, root };
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, ({ url }) => {
    seen.requests++;
    const { pathname, origin } = new URL(url);
    if (pathname === "/@some/lib/1.2.3") return Response.json({ dist: { tarball: `${origin}/lib.tgz` } });
    return pathname === "/lib.tgz" ? new Response(archive) : new Response(null, { status: 404 });
  });
  const before = Deno.env.get("NPM_CONFIG_REGISTRY");
  Deno.env.set("NPM_CONFIG_REGISTRY", `http://127.0.0.1:${server.addr.port}/`);
  try {
    await Deno.writeTextFile(`${root}/deno.lock`, JSON.stringify({ npm: { "@some/lib@1.2.3": { integrity } } }));
    await use(() => lockedPackage(root, "@some/lib"), seen);
  } finally {
    if (before === undefined) Deno.env.delete("NPM_CONFIG_REGISTRY");
    else Deno.env.set("NPM_CONFIG_REGISTRY", before);
    await server.shutdown();
    await Deno.remove(root, { recursive: true });
  }
}

const files = { "package/package.json": "{}", "package/lib/one.node": "native" };

Deno.test("a package of another platform is fetched once, as the lock file has it", async () => {
  const archive = new Uint8Array(packed(files));
  await withRegistry({ archive, integrity: digestOf(archive) }, async (fetched, registry) => {
    const folder = await fetched();
    assert.equal(await Deno.readTextFile(`${folder}/lib/one.node`), "native");
    assert.ok(folder.startsWith(registry.root));
    assert.equal(await fetched(), folder);
    assert.equal(registry.requests, 2);
  });
});

Deno.test("what differs from the lock file, or wants to be written elsewhere, is refused", async () => {
  const archive = new Uint8Array(packed(files));
  await withRegistry({ archive, integrity: digestOf(encode("another")) }, async (fetched, { root }) => {
    await assert.rejects(fetched(), /Cannot fetch @some\/lib 1\.2\.3: what came is not what was asked for/);
    assert.deepEqual([...Deno.readDirSync(root)].map(({ name }) => name), ["deno.lock"]);
  });
  const escaping = new Uint8Array(packed({ ...files, "package/../../../../../x": "outside" }));
  await withRegistry({ archive: escaping, integrity: digestOf(escaping) }, async (fetched, { root }) => {
    await assert.rejects(fetched(), /it wants to be written elsewhere/);
    assert.deepEqual([...Deno.readDirSync(root)].map(({ name }) => name), ["deno.lock"]);
  });
});
