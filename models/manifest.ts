import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parse as parseYaml } from "yaml";
import type { z } from "zod";
import type { InputSpec, ModelSpec } from "../src/core/model.ts";
import type { Adapter, Hints, Recognition } from "./adapter.ts";
import { type FoundState, recognisedState, statedState } from "./carried_state.ts";
import type { BuiltinModel } from "./builtin_models.ts";
import { inputDims } from "./feeds.ts";
import { sha256Of } from "./file_digest.ts";
import { findModel, type ModelOrigin } from "./find_model.ts";
import { type GraphInfo, portText } from "./graph_info.ts";
import { imageInput, imageProblem } from "./image_input.ts";
import { givenLabels, metadataLabels } from "./labels.ts";
import { type LabelsBeside, labelsBeside, readLabels } from "./labels_file.ts";
import { type Manifest, manifestSchema } from "./manifest_schema.ts";
import { ModelError } from "./model_error.ts";
import { modelNameOf, readGraphInfo } from "./onnx_metadata.ts";
import { ADAPTERS, recognise } from "./registry.ts";
import type { FoundModel, RegistryStore } from "./registry_store.ts";

/** A model as Weir would use it, and why. */
export interface Examination {
  graph: GraphInfo;
  spec: ModelSpec;
  /** What the adapter went by, sentence by sentence. */
  why: string[];
  origin: ModelOrigin;
  /** The manifest beside the file, where there is one. */
  manifestFile?: string;
}

/** Where models are looked for besides files and what is built in. */
export interface ModelPlaces {
  registry?: RegistryStore;
}

/** Everything needed to run a model, named by path, in the registry, or built in; `overrides` win over its manifest. */
export async function resolveModel(
  nameOrPath: string,
  overrides: Manifest = {},
  places: ModelPlaces = {},
): Promise<ModelSpec> {
  return (await examineModel(nameOrPath, overrides, places)).spec;
}

/** Like {@link resolveModel}, with the reasons. Throws a ModelError that says why the model cannot be used. */
export async function examineModel(
  nameOrPath: string,
  overrides: Manifest = {},
  { registry }: ModelPlaces = {},
): Promise<Examination> {
  const { file, origin, registered, builtin } = await findModel(nameOrPath, registry);
  if (builtin?.task === "signal") {
    throw new ModelError("unrecognised", `Cannot use ${builtin.name} on pictures: it ${builtin.use}`);
  }
  const graph = readGraphInfo(file);
  const sha256 = await sha256Of(file);
  const published = builtin?.sha256 ?? registered?.version.sha256;
  if (published !== undefined && sha256 !== published) {
    const what = builtin ? `built-in model ${builtin.name}` : `model ${nameOrPath} of the registry`;
    const why = builtin ? "is not the file that was published" : "is not the file that was added any more";
    throw new ModelError("checksum", `Cannot use ${what}: ${file} ${why}`);
  }
  const manifestFile = registered ? undefined : manifestBeside(file);
  const said = registered ? registeredManifest(registered) : manifestFile ? await readManifest(manifestFile) : {};
  const manifest: Manifest = { ...said, ...overrides };
  if (manifest.sha256 !== undefined && manifest.sha256 !== sha256) {
    const about = `its manifest is about a file with the SHA-256 ${manifest.sha256.slice(0, 12)}…`;
    throw new ModelError(
      "checksum",
      `Cannot use ${basename(file)}: ${about}, and this one's is ${sha256.slice(0, 12)}…`,
    );
  }
  const { adapter, recognition, state } = await namedFitting(graph, manifest, { kept: !!(registered ?? builtin) });
  const spec = specOf({ graph, manifest, adapter, recognition, state, sha256, builtin });
  // Results of one version that was asked for by itself tell the model's name like all others.
  if (registered?.pinned && overrides.name === undefined) spec.family = registered.model.name;
  const why = [...recognition.why, ...state ? [state.why] : []];
  return { graph, spec, why, origin, ...(manifestFile ? { manifestFile } : {}) };
}

function registeredManifest({ model: { name }, version: { version, manifest }, pinned }: FoundModel): Manifest {
  return { ...manifest, name: pinned ? `${name}@${version}` : name, version };
}

/** Reads and checks a manifest; labels that are named by file are read, too. */
export async function readManifest(file: string): Promise<Manifest> {
  const fail = (why: string, cause?: unknown) =>
    new ModelError("manifest", `Cannot read manifest ${file}: ${why}`, { cause });
  let data: unknown;
  try {
    const text = await Deno.readTextFile(file);
    data = file.endsWith(".json") ? JSON.parse(text) : parseYaml(text);
  } catch (error) {
    throw fail(error instanceof Error ? error.message.split("\n")[0] : String(error), error);
  }
  const parsed = manifestSchema.safeParse(data ?? {});
  if (!parsed.success) throw fail(parsed.error.issues.map(issueText).join("; "), parsed.error);
  const { labels } = parsed.data;
  if (typeof labels !== "string" || givenLabels({ labels })) return parsed.data;
  try {
    return { ...parsed.data, labels: await readLabels(join(dirname(file), labels)) };
  } catch (error) {
    throw fail(`labels: ${(error as Error).message}`, error);
  }
}

function manifestBeside(file: string): string | undefined {
  const base = join(dirname(file), modelNameOf(file));
  return [".yaml", ".yml", ".json"].map((ending) => `${base}.weir${ending}`).find((name) => existsSync(name));
}

/** Where neither manifest nor file names the classes, a file beside the model may. */
async function namedFitting(graph: GraphInfo, manifest: Manifest, { kept }: { kept: boolean }): Promise<Fitting> {
  const named = kept || manifest.labels !== undefined || metadataLabels(graph).length > 0;
  const beside = named ? undefined : await labelsBeside(graph.file);
  const fitting = beside && besideFitting(graph, manifest, beside);
  return fitting ?? adapterFor(graph, manifest);
}

/** One that is for a whole folder may be about another model in it, and then names other numbers of classes. */
function besideFitting(graph: GraphInfo, manifest: Manifest, { file, labels, own }: LabelsBeside): Fitting | undefined {
  try {
    const { recognition, ...fitting } = adapterFor(graph, { ...manifest, labels });
    // What has no classes does not look at names.
    if (recognition.labels.length === 0) return { ...fitting, recognition };
    const why = recognition.why.map((sentence) => sentence.replace("the manifest", `${basename(file)} beside it`));
    return { ...fitting, recognition: { ...recognition, why } };
  } catch (error) {
    if (!(error instanceof ModelError) || error.code !== "manifest") throw error;
    if (!own) return undefined;
    throw new ModelError(error.code, error.message.replace("the manifest", basename(file)), { cause: error });
  }
}

interface Fitting {
  adapter: Adapter;
  recognition: Recognition;
  /** What the graph hands itself from frame to frame. */
  state?: FoundState | undefined;
}

function adapterFor(graph: GraphInfo, manifest: Manifest): Fitting {
  const name = basename(graph.file);
  const options = manifest.options ?? {};
  const labels = givenLabels(manifest);
  const hints: Hints = {
    ...(manifest.input?.size ? { size: { width: manifest.input.size[0], height: manifest.input.size[1] } } : {}),
    ...(labels ? { labels } : {}),
    options,
  };
  // Inputs that the manifest feeds are none of an adapter's business.
  const fed = Object.keys((options.feeds as object | undefined) ?? {});
  const unfed = { ...graph, inputs: graph.inputs.filter((port) => !fed.includes(port.name)) };
  try {
    const state = manifest.state
      ? statedState(unfed, manifest.state, manifest.elapsed)
      : recognise(unfed, hints)
      ? undefined
      : recognisedState(unfed);
    const open = state?.open ?? unfed;
    if (state) hints.stateful = true;
    if (manifest.adapter !== undefined || manifest.task === "tensor") return { ...named(open, manifest, hints), state };
    const found = recognise(open, hints);
    if (!found && !imageInput(open)) {
      throw new ModelError("unrecognised", `Cannot use ${name} as a picture model: ${imageProblem(open)}`);
    }
    if (!found) {
      const outputs = graph.outputs.map(portText).slice(0, 6).join(", ");
      const others = graph.inputs.length > 1 ? `, or its inputs (${graph.inputs.map(portText).join(", ")})` : "";
      const why = `it takes pictures, but no adapter knows its outputs (${outputs})${others}`;
      throw new ModelError(
        "unrecognised",
        `Cannot use ${name}: ${why}; name an adapter in ${modelNameOf(graph.file)}.weir.yaml ` +
          `(${ADAPTERS.map(({ name }) => name).join(", ")})`,
      );
    }
    if (manifest.task && found.adapter.task !== manifest.task) {
      const seen = `the adapter ${found.adapter.name} recognises it, whose task is ${found.adapter.task}`;
      throw new ModelError("manifest", `Cannot use ${name} to ${manifest.task}: ${seen}; name another adapter`);
    }
    return { ...found, state };
  } catch (error) {
    if (!(error instanceof ModelError) || error.message.startsWith("Cannot ")) throw error;
    throw new ModelError(error.code, `Cannot use ${name}: ${error.message}`, { cause: error });
  }
}

function named(graph: GraphInfo, manifest: Manifest, hints: Hints): { adapter: Adapter; recognition: Recognition } {
  const wanted = manifest.adapter ?? "tensor";
  const adapter = ADAPTERS.find(({ name }) => name === wanted);
  if (!adapter) {
    const names = ADAPTERS.map(({ name }) => name).join(", ");
    throw new ModelError("manifest", `its manifest asks for an adapter '${wanted}': there are ${names}`);
  }
  if (manifest.task && manifest.task !== adapter.task) {
    throw new ModelError("manifest", `its manifest says task ${manifest.task}, but ${wanted} is for ${adapter.task}`);
  }
  const recognition = adapter.recognise(graph, { ...hints, forced: true });
  if (recognition) return { adapter, recognition };
  const why = imageInput(graph)
    ? `its outputs (${graph.outputs.map(portText).slice(0, 6).join(", ")}) do not fit: ${adapter.describe}`
    : imageProblem(graph);
  throw new ModelError("unrecognised", `its manifest asks for the adapter ${wanted}, but ${why}`);
}

function specOf({ graph, manifest, adapter, recognition, state, sha256, builtin }: Fitting & {
  graph: GraphInfo;
  manifest: Manifest;
  sha256: string;
  builtin: BuiltinModel | undefined;
}): ModelSpec {
  const { file } = graph;
  const fail = (why: string, code: ModelError["code"] = "manifest") =>
    new ModelError(code, `Cannot use ${basename(file)}: ${why}`);
  const input = inputOf(recognition.input, manifest);
  const port = graph.inputs.find(({ name }) => name === input.name)!;
  const dims = inputDims(input, 1);
  const fits = port.type === input.type &&
    port.dims!.every((dim, axis) => axis === 0 || typeof dim === "string" || dim === dims[axis]);
  if (!fits) {
    throw fail(`its manifest makes the input ${input.type}[${dims.join(",")}], but the graph's is ${portText(port)}`);
  }
  const options = { ...recognition.options, ...manifest.options };
  const carried = state ? [...state.spec.carried, ...state.spec.elapsed ? [state.spec.elapsed] : []] : [];
  const fed = [
    input.name,
    ...Object.keys((options.feeds as object | undefined) ?? {}),
    ...carried.map(({ input }) => input),
  ];
  const unfed = graph.inputs.filter(({ name }) => !fed.includes(name));
  if (unfed.length > 0) {
    const list = unfed.map(portText).join(", ");
    throw fail(
      `it also wants ${list}; a manifest can give such inputs fixed numbers (options.feeds), or an output of the frame before (state)`,
      "unrecognised",
    );
  }
  for (const name of manifest.outputs ?? []) {
    if (!graph.outputs.some((port) => port.name === name)) {
      throw fail(`its manifest asks for output '${name}', but it has ${graph.outputs.map(portText).join(", ")}`);
    }
  }
  const licence = manifest.licence ?? builtin?.licence ?? graph.metadata.license;
  return {
    name: manifest.name ?? builtin?.name ?? modelNameOf(file),
    file,
    sha256,
    task: adapter.task,
    adapter: adapter.name,
    input: state ? { ...input, maxBatch: 1 } : input,
    outputs: manifest.outputs ?? recognition.outputs,
    ...(state && { state: state.spec }),
    labels: recognition.labels,
    minScore: manifest.minScore ?? recognition.minScore,
    iou: manifest.iou ?? recognition.iou,
    maxDetections: manifest.maxDetections ?? recognition.maxDetections,
    ...(Object.keys(options).length > 0 ? { options } : {}),
    ...(licence === undefined ? {} : { licence }),
    ...(manifest.version === undefined ? {} : { version: manifest.version }),
  };
}

function inputOf(recognised: InputSpec, { input = {} }: Manifest): InputSpec {
  const { size: _, mean, std, ...rest } = input;
  const merged = { ...recognised, ...rest };
  const channels = merged.colour === "gray" ? 1 : 3;
  const spread = (value: number | number[] | undefined, otherwise: number[]) => {
    const list = value === undefined ? otherwise : typeof value === "number" ? [value] : value;
    return list.length === channels ? list : Array.from({ length: channels }, (_, i) => list[i] ?? list[0]);
  };
  return { ...merged, mean: spread(mean, recognised.mean), std: spread(std, recognised.std) };
}

function issueText({ path, message }: z.core.$ZodIssue): string {
  return path.length > 0 ? `${path.join(".")}: ${message}` : message;
}
