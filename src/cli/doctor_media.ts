import { type Check, graphicsDevices } from "./doctor_host.ts";
import { pinned } from "./product.ts";

const REINSTALL = "Install the packages anew: remove node_modules, then run deno install";
/** Without these Weir cannot do what it is for. */
const NEEDED = ["h264"];

/** What FFmpeg and ONNX Runtime can do here. Each is loaded only now: one that cannot be is a finding, not a crash. */
export async function mediaChecks(): Promise<Check[]> {
  return [...await ffmpegChecks(), ...await runtimeChecks()];
}

async function ffmpegChecks(): Promise<Check[]> {
  let build: import("../../streams/av/build_info.ts").BuildInfo;
  try {
    const { buildInfo } = await import("../../streams/av/build_info.ts");
    build = buildInfo();
  } catch (error) {
    return [{ name: "FFmpeg", status: "fail", detail: messageOf(error), fix: REINSTALL }];
  }
  const { version, fdkAac, codecs } = build;
  const licence = fdkAac ? `${build.licence}, with FDK AAC` : build.licence;
  const list = Object.entries(codecs);
  const missing = list.filter(([, { decoder }]) => !decoder).map(([name]) => name);
  const decoders = list.flatMap(([name, { decoder }]) => decoder ? [name] : []);
  const encoders = list.flatMap(([name, { encoder }]) => encoder ? [name] : []);
  const hardware = list.flatMap(([name, { hardware }]) => hardware ? [`${name} by ${hardware}`] : []);
  const broken = missing.some((name) => NEEDED.includes(name));
  return [
    { name: "FFmpeg", status: "ok", detail: `${version}, ${licence}`, data: { version, licence } },
    {
      name: "decoders",
      status: broken ? "fail" : missing.length > 0 ? "warn" : "ok",
      detail: missing.length > 0 ? `${decoders.join(", ")}; without ${missing.join(", ")}` : decoders.join(", "),
      ...(missing.length > 0 && { fix: REINSTALL }),
      data: codecs,
    },
    {
      name: "hardware decoding",
      status: "ok",
      detail: hardware.join(", ") || "none; the cores decode",
      data: { devices: hardware },
    },
    encoders.includes("h264")
      ? { name: "encoders", status: "ok", detail: encoders.join(", "), data: { encoders } }
      : { name: "encoders", status: "warn", detail: "no H.264, so no --video", fix: REINSTALL, data: { encoders } },
  ];
}

async function runtimeChecks(): Promise<Check[]> {
  const name = "ONNX Runtime";
  try {
    const { listProviders } = await import("../../models/onnx.ts");
    const providers = listProviders();
    const said = providers.map(({ name, bundled }) => bundled ? name : `${name} (needs its libraries)`).join(", ");
    const version = pinned("onnxruntime-node");
    return [
      { name, status: "ok", detail: `${version}: ${said}`, data: { version, providers } },
      await modelCheck(),
    ];
  } catch (error) {
    return [{ name, status: "fail", detail: messageOf(error), fix: REINSTALL }];
  }
}

/** The built-in model is loaded as a stream would load it. */
async function modelCheck(): Promise<Check> {
  const name = "built-in model";
  try {
    const { resolveModel } = await import("../../models/manifest.ts");
    const { openModel } = await import("../../models/onnx.ts");
    const spec = await resolveModel("weir-pitch");
    const model = await openModel(spec.file, { device: "auto", threads: 1 });
    const { provider, notes } = model;
    await model.close();
    const check: Check = { name, status: "ok", detail: `${spec.name} runs on ${provider}`, data: { provider, notes } };
    // Where there is no other device, there is nothing to mend.
    if (notes.length === 0 || !graphicsDevices().some((path) => path.includes("nvidia"))) return check;
    return { ...check, status: "warn", fix: notes.join("; ") };
  } catch (error) {
    return { name, status: "fail", detail: messageOf(error), fix: "Get the file anew: git checkout models/builtin" };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
