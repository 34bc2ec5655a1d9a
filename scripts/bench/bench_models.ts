import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { cached } from "./bench_cache.ts";
import { findModel } from "../../models/find_model.ts";
import type { RegistryStore } from "../../models/registry_store.ts";
import { yoloLike, type YoloLikeOptions } from "./yolo_like.ts";

/** One network to measure with. */
export interface BenchModel {
  id: string;
  label: string;
  file: string;
  /** The efficiency that is aimed at. */
  target?: number;
}

interface Choice {
  id: string;
  target: number;
  /** A public model, used where the test assets are. */
  asset?: { name: string; label: string };
  generated: YoloLikeOptions & { label: string };
}

const CHOICES: readonly Choice[] = [
  {
    id: "heavy",
    target: 0.95,
    generated: { size: 640, width: 0.25, label: "YOLOv8n-sized, 640×640, random weights" },
  },
  {
    id: "middle",
    target: 0.93,
    asset: { name: "yolox_nano_416.onnx", label: "YOLOX-nano, 416×416" },
    generated: { size: 320, width: 0.125, label: "generated stand-in for YOLOX-nano, 320×320" },
  },
  {
    id: "light",
    target: 0.85,
    asset: { name: "ultraface_rfb_320.onnx", label: "UltraFace RFB, 320×240" },
    generated: { size: 128, width: 0.125, label: "generated stand-in for UltraFace, 128×128" },
  },
];

/** The networks of a full run: about 50, 10 and 1.5 ms. What is not there as an asset is generated at a like cost. */
export async function benchModels(): Promise<BenchModel[]> {
  const assets = Deno.env.get("WEIR_TEST_ASSETS");
  const models: BenchModel[] = [];
  for (const { id, target, asset, generated } of CHOICES) {
    const found = asset && assets ? join(assets, "data", "models", asset.name) : undefined;
    if (found && existsSync(found)) {
      models.push({ id, target, label: asset!.label, file: found });
      continue;
    }
    const { label, ...options } = generated;
    const file = await cached(nameOf(options), (path) => Deno.writeFile(path, yoloLike(options)));
    models.push({ id, target, label, file });
  }
  return models;
}

/** A generated network whose run takes about so long on a core of today. */
export async function modelOfMs(ms: 5): Promise<string> {
  const options = { 5: { size: 224, width: 0.125 } }[ms];
  return await cached(nameOf(options), (path) => Deno.writeFile(path, yoloLike(options)));
}

function nameOf({ size, width }: YoloLikeOptions): string {
  return `yolo-like-v2-${size}-${width}.onnx`;
}

/** Networks that the user names: files, models of the registry, or built-in ones. */
export async function userModels(names: readonly string[], registry: RegistryStore): Promise<BenchModel[]> {
  return await Promise.all(names.map(async (name) => {
    const { file, origin } = await findModel(name, registry);
    const id = origin.kind === "path" ? basename(file).replace(/\.onnx$/i, "") : name;
    // A built-in model is known by its name in every process; the registry is this one's to look into.
    return { id, label: id, file: origin.kind === "registry" ? file : name };
  }));
}
