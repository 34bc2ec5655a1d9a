import { join } from "node:path";
import { lockedPackage } from "./registry_package.ts";
import { hostTarget, type Target } from "./target.ts";

/** A package that is shipped as it is, because it loads a library that lies in it. */
export interface NativePackage {
  name: string;
  /** Where it is installed. */
  folder: string;
  /** What of it is shipped, by path below it. */
  files: Map<string, Uint8Array>;
}

/** The packages with FFmpeg and ONNX Runtime: what they need on one platform, without types, maps and other devices. */
export async function nativePackages(root: string, target: Target): Promise<NativePackage[]> {
  const onnxRuntime = await Deno.realPath(join(root, "node_modules", "onnxruntime-node"));
  const nodeAv = await Deno.realPath(join(root, "node_modules", "node-av"));
  const foreign = target.ffmpegPackage !== hostTarget().ffmpegPackage;
  const ffmpeg = foreign ? await lockedPackage(root, target.ffmpegPackage) : besides(nodeAv, target.ffmpegPackage);
  const libraries = `bin/napi-v6/${target.platform}/${target.arch}/`;
  const library = (path: string) => path.startsWith(libraries) && !/providers_(?:cuda|tensorrt|shared)/.test(path);
  return await Promise.all([
    pick("onnxruntime-node", onnxRuntime, (path) => library(path) || /^dist\/.*\.js$/.test(path)),
    pick("onnxruntime-common", besides(onnxRuntime, "onnxruntime-common"), (path) => /^dist\/cjs\/.*\.js/.test(path)),
    pick(target.ffmpegPackage, ffmpeg, (path) => path.endsWith(".node")),
  ]);
}

/** Where a package that another one needs is installed. */
function besides(folder: string, name: string): string {
  return Deno.realPathSync(join(folder.slice(0, folder.lastIndexOf("node_modules")), "node_modules", name));
}

async function pick(name: string, folder: string, wanted: (path: string) => boolean): Promise<NativePackage> {
  const files = new Map<string, Uint8Array>();
  const walk = async (below: string) => {
    for await (const entry of Deno.readDir(join(folder, below))) {
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory) await walk(path);
      else if (path === "package.json" || wanted(path)) files.set(path, await Deno.readFile(join(folder, path)));
    }
  };
  await walk("");
  if (files.size < 2) throw new Error(`Cannot ship ${name}: ${folder} lacks what this platform needs`);
  return { name, folder, files };
}
