import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { untar } from "./tar.ts";

/** Which package is wanted, of another platform than this one: an installation holds none of these. */
export interface RegistryPackage {
  name: string;
  version: string;
  /** As `deno.lock` has it; without it, what the registry says now. */
  integrity?: string;
}

const REGISTRY = "https://registry.npmjs.org/";

/** Puts a package into a folder below `node_modules`, once, and answers where it lies. */
export async function registryPackage(root: string, { name, version, integrity }: RegistryPackage): Promise<string> {
  const folder = join(root, "node_modules", ".weir-build", `${name}@${version}`);
  if (await Deno.stat(join(folder, "package.json")).catch(() => undefined)) return folder;
  const registry = Deno.env.get("NPM_CONFIG_REGISTRY") ?? Deno.env.get("npm_config_registry") ?? REGISTRY;
  const what = `Cannot fetch ${name} ${version}`;
  const found = await fetch(new URL(`${name}/${version}`, registry));
  if (!found.ok) {
    await found.body?.cancel();
    throw new Error(`${what}: ${registry} answers ${found.status}`);
  }
  const { dist } = await found.json();
  const response = await fetch(dist.tarball);
  if (!response.ok) throw new Error(`${what}: ${dist.tarball} answers ${response.status}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const digest = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  if (digest !== (integrity ?? dist.integrity)) throw new Error(`${what}: what came is not what was asked for`);
  // All lies in one folder, which npm calls package. The last one says that all others are there.
  const files = [...untar(gunzipSync(bytes))].map(({ path, bytes }) => ({
    path: join(folder, path.slice(path.indexOf("/") + 1)),
    bytes,
  }));
  const about = join(folder, "package.json");
  for (const { path, bytes } of files.sort((a, b) => Number(a.path === about) - Number(b.path === about))) {
    if (!path.startsWith(`${folder}/`)) throw new Error(`${what}: it wants to be written elsewhere, to ${path}`);
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeFile(path, bytes);
  }
  return folder;
}

/** A package of another platform as `deno.lock` has it. */
export async function lockedPackage(root: string, name: string): Promise<string> {
  const { npm } = JSON.parse(await Deno.readTextFile(join(root, "deno.lock")));
  const key = Object.keys(npm).find((one) => one.startsWith(`${name}@`));
  if (!key) throw new Error(`Cannot tell which ${name} is wanted: deno.lock has none`);
  return await registryPackage(root, { name, version: key.slice(name.length + 1), integrity: npm[key].integrity });
}
