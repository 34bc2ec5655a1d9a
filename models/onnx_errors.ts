import type { Device } from "../src/core/model.ts";
import { type GraphInfo } from "./graph_info.ts";
import { ModelError } from "./model_error.ts";

const REMEDY: Partial<Record<Device, string>> = {
  cuda: "It needs an NVIDIA GPU, CUDA 12 with cuDNN 9, and ONNX Runtime's CUDA library, " +
    "which `deno install --allow-scripts=npm:onnxruntime-node` fetches on Linux x64.",
  tensorrt: "It needs an NVIDIA GPU, CUDA 12, TensorRT 10, and ONNX Runtime's TensorRT library, " +
    "which `deno install --allow-scripts=npm:onnxruntime-node` fetches on Linux x64.",
  webgpu: "It needs a GPU with a Vulkan, Metal or Direct3D 12 driver that this process may open.",
  coreml: "It exists on macOS only.",
  dml: "DirectML exists on Windows only.",
};

/** The error of a device that this build of ONNX Runtime does not know. */
export function missingProvider(file: string, provider: Device, known: readonly string[]): ModelError {
  const platform = `${Deno.build.os} ${Deno.build.arch}`;
  return deviceError(file, provider, known, `ONNX Runtime for ${platform} has no such provider`);
}

/** What went wrong while a session was made, in plain words. */
export function loadError(
  error: unknown,
  { graph, provider, known }: { graph: GraphInfo; provider: Device; known: readonly string[] },
): ModelError {
  const { file } = graph;
  const text = textOf(error);
  const fail = (code: ModelError["code"], why: string) =>
    new ModelError(code, `Cannot open model ${file}: ${why}`, { cause: error });
  if (
    /Failed to load shared library|WebGPU adapter|backend not found|CUDA failure|CUDA_PATH|cudnn|no kernel image/i.test(
      text,
    )
  ) {
    const why = /shared library/.test(text)
      ? "its library is not installed, or a library that it needs is missing"
      : /adapter/.test(text)
      ? "no GPU adapter answers"
      : firstLine(text);
    return deviceError(file, provider, known, why, error);
  }
  const opset = /Opset (\d+) is under development.*?till opset (\d+)/s.exec(text);
  if (opset) {
    const why = `it uses opset ${opset[1]}, and ONNX Runtime reads up to ${opset[2]}: export it with opset ${opset[2]}`;
    return fail("unsupported", why);
  }
  const ir = /Unsupported model IR version: (\d+), max supported IR version: (\d+)/.exec(text);
  if (ir) return fail("unsupported", `its ONNX format is version ${ir[1]}, and ONNX Runtime reads up to ${ir[2]}`);
  const unregistered = /([\w.]*:?[\w.]+)\(-?\d+\) is not a registered function\/op/.exec(text) ??
    /No [Oo]p(?:Schema)? registered for ([\w.]+)/.exec(text);
  if (unregistered) {
    const opsets = Object.entries(graph.opsets).map(([domain, version]) => `${domain} ${version}`).join(", ");
    const why = `its operator '${unregistered[1]}' is not one that ONNX Runtime knows (operator sets: ${opsets})`;
    return fail("unsupported", why);
  }
  const kernel = /(?:Could not find an implementation for|NOT_IMPLEMENTED.*?) ([\w.]+\(\d+\))/.exec(text);
  if (kernel) return fail("unsupported", `${provider} cannot run its operator ${kernel[1]} with these element types`);
  if (/Protobuf parsing failed/.test(text)) return fail("damaged", "ONNX Runtime cannot parse it; the file is damaged");
  if (/type|shape|input|output|graph|node/i.test(text)) {
    return fail("unsupported", `ONNX Runtime refuses it: ${firstLine(text)}`);
  }
  return fail("failed", firstLine(text));
}

/** What went wrong in a run, in plain words. */
export function runError(file: string, error: unknown): ModelError {
  return new ModelError("failed", `Cannot run model ${file}: ${firstLine(textOf(error))}`, { cause: error });
}

function deviceError(file: string, provider: Device, known: readonly string[], why: string, cause?: unknown) {
  const others = known.filter((name) => name !== provider).join(", ");
  const remedy = REMEDY[provider] ? ` ${REMEDY[provider]}` : "";
  const message =
    `Cannot open model ${file} on ${provider}: ${why}.${remedy} ONNX Runtime here also knows ${others}; ` +
    "`cpu` and `auto` always work.";
  return new ModelError("device", message, { cause });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The first telling line, without the source paths and function signatures of ONNX Runtime's build. */
function firstLine(text: string): string {
  const plain = text
    .replace(/^Load model from .*? failed:/s, "")
    .replace(/\/onnxruntime_src\/\S+:\d+ [^\n]*?\)(?: const)? (?=[A-Z\S])/g, "")
    .trim();
  const line = plain.split("\n").map((line) => line.trim()).find((line) => line !== "");
  return (line ?? "unknown error").slice(0, 500);
}
