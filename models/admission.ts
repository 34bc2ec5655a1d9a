import { isDeepStrictEqual } from "node:util";
import type { ModelSpec } from "../src/core/model.ts";
import { externalFiles } from "./external_data.ts";
import { fileBytes } from "./file_bytes.ts";
import { type Examination, examineModel } from "./manifest.ts";
import { type Manifest, manifestSchema } from "./manifest_schema.ts";
import { ModelError } from "./model_error.ts";

/** A file that the registry may keep. */
export interface Admission extends Examination {
  /** Everything that is needed to use it, spelt out. */
  manifest: Manifest;
}

/**
 * Looks at a file as the registry must before it keeps it: it has to be one that Weir can use, and whole in itself.
 * Throws a ModelError that says why it is not.
 */
export async function admitModel(file: string, overrides: Manifest = {}): Promise<Admission> {
  const examination = await examineModel(file, overrides);
  const elsewhere = examination.graph.externalData.concat(filesOf(file));
  if (elsewhere.length > 0) {
    throw new ModelError(
      "unsupported",
      `Cannot keep ${file}: its weights are in another file (${elsewhere[0]}), and the registry keeps single files; ` +
        `write it anew with the weights inside (onnx.save(model, path, save_as_external_data=False))`,
    );
  }
  const manifest = manifestOf(examination.spec);
  return { ...examination, manifest: await holds(file, manifest, examination.spec) ? manifest : plain(overrides) };
}

/** A model as a manifest: whatever is recognised by itself today is written down. */
function manifestOf(spec: ModelSpec): Manifest {
  const { name: _name, width, height, maxBatch: _maxBatch, timed: _timed, layout, ...input } = spec.input;
  const { task, adapter, labels, minScore, iou, maxDetections, outputs, state, options, licence } = spec;
  return {
    task,
    adapter,
    input: { size: [width, height], ...(layout === "vector" ? {} : { layout }), ...input },
    labels,
    minScore,
    iou,
    maxDetections,
    outputs,
    ...(state && {
      state: Object.fromEntries(state.carried.map(({ input, output, dims }) => [input, { output, shape: dims }])),
      ...(state.elapsed && { elapsed: state.elapsed.input }),
    }),
    ...(options && { options }),
    ...(licence !== undefined && { licence }),
  };
}

/** Whether a manifest makes of the file what was made of it without one. */
async function holds(file: string, manifest: Manifest, spec: ModelSpec): Promise<boolean> {
  if (!manifestSchema.safeParse(manifest).success) return false;
  try {
    const again = await examineModel(file, { name: spec.name, version: spec.version, ...manifest });
    return isDeepStrictEqual(withoutAbsent(again.spec), withoutAbsent(spec));
  } catch (error) {
    if (error instanceof ModelError) return false;
    throw error;
  }
}

function plain({ name: _name, version: _version, ...rest }: Manifest): Manifest {
  return rest;
}

function withoutAbsent(value: object): object {
  return JSON.parse(JSON.stringify(value));
}

function filesOf(file: string): string[] {
  using source = fileBytes(file);
  return externalFiles(source);
}
