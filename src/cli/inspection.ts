import { findModel } from "../../models/find_model.ts";
import { examineModel } from "../../models/manifest.ts";
import type { RegistryStore } from "../../models/registry_store.ts";
import { sha256Of } from "../../models/file_digest.ts";
import type { GraphInfo } from "../../models/graph_info.ts";
import { ModelError } from "../../models/model_error.ts";
import { readGraphInfo } from "../../models/onnx_metadata.ts";
import type { ModelSpec } from "../core/model.ts";
import { starterManifest } from "./starter_manifest.ts";

/** All there is to know of one model, for people and for tools. */
export interface Inspection {
  file: string;
  /** Whether Weir can run it on pictures. */
  usable: boolean;
  sha256?: string;
  graph?: GraphInfo;
  spec?: ModelSpec;
  /** What the adapter went by. */
  why?: string[];
  /** What the file leaves open and Weir assumes. */
  warnings: string[];
  manifestFile?: string;
  /** Where ONNX Runtime runs it. */
  provider?: string;
  /** Why it cannot be used. */
  error?: { code: string; message: string };
  /** A manifest to start from. */
  manifest?: string;
}

/** Looks at a model as Weir would use it: its file, its adapter, and whether ONNX Runtime opens it. */
export async function inspect(nameOrPath: string, registry?: RegistryStore): Promise<Inspection> {
  const inspection: Inspection = { file: nameOrPath, usable: false, warnings: [] };
  try {
    inspection.file = (await findModel(nameOrPath, registry)).file;
    const graph = inspection.graph = readGraphInfo(inspection.file);
    inspection.sha256 = await sha256Of(inspection.file);
    try {
      const { spec, why, manifestFile } = await examineModel(nameOrPath, {}, { registry });
      Object.assign(inspection, { spec, why, manifestFile });
      inspection.warnings = why.filter((sentence) => /assumed|does not name|size is open/.test(sentence));
    } finally {
      inspection.manifest = starterManifest(graph, inspection.spec) || undefined;
    }
    const { openModel } = await import("../../models/onnx.ts");
    const model = await openModel(inspection.file, { device: "auto", threads: 1 });
    inspection.provider = model.provider;
    await model.close();
    inspection.usable = true;
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    inspection.error = { code: error.code, message: error.message };
  }
  return inspection;
}
