import type { AddForm } from "./add_form.ts";
import { FRAME } from "../vitals/vitals_settings.ts";
import { suggestedName } from "./suggested_name.ts";

/** A source as the API takes it; what is not said is the server's default. */
export interface SourceInput {
  kind: string;
  [option: string]: unknown;
}

/** A registration as the API takes it. */
export interface RegistrationInput {
  id: string;
  source: SourceInput;
  pipeline: Record<string, unknown>[];
  policy?: { fps: number };
}

/** The source that a form describes. Nothing is checked here: the server's words are what stands at the fields. */
export function sourceOf(form: AddForm): SourceInput {
  switch (form.kind) {
    case "address":
      return addressSource(form);
    case "file":
      return form.play === "live"
        ? { kind: "file", path: form.path.trim(), pace: "realtime", loop: true }
        : { kind: "file", path: form.path.trim() };
    case "scene": {
      const [width, height] = form.size.split("x").map(Number);
      return {
        kind: "scene",
        scene: form.scene,
        seed: numberIn(form.seed),
        fps: numberIn(form.fps),
        width,
        height,
      };
    }
    case "camera":
      return { kind: "camera", device: form.device.trim() };
  }
}

/** The registration that a form describes, under its own name or one that nobody has yet. */
export function registrationOf(form: AddForm, taken: readonly string[]): RegistrationInput {
  return {
    id: form.name.trim() || suggestedName(form, taken),
    source: sourceOf(form),
    pipeline: pipelineOf(form),
    ...(form.maxFps.trim() !== "" &&
      { policy: { fps: numberIn(form.maxFps) as number } }),
  };
}

/** Which field of the form a fault of the API belongs to; undefined when it is none that is shown. */
export function fieldOf(path: string, { kind }: AddForm): keyof AddForm | undefined {
  const [section, ...rest] = path.split(".");
  const option = rest.at(-1) ?? "";
  if (section === "id") return "name";
  if (section === "policy") return "maxFps";
  if (section === "pipeline") return option === "minScore" ? "minScore" : "model";
  if (section !== "source") return undefined;
  return FIELDS[kind][option];
}

/** Source options by the fields in which they are filled in. */
const FIELDS: Record<AddForm["kind"], Partial<Record<string, keyof AddForm>>> = {
  address: {
    url: "address",
    username: "username",
    password: "password",
    transport: "transport",
    kind: "address",
  },
  file: { path: "path", pace: "play", loop: "play" },
  scene: {
    scene: "scene",
    seed: "seed",
    fps: "fps",
    width: "size",
    height: "size",
  },
  camera: { device: "device" },
};

/** An address that begins with http, rtmp, srt … is opened as it is; all else is taken for a camera's. */
export function isCameraAddress(address: string): boolean {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(address.trim())?.[1]
    .toLowerCase();
  return scheme === undefined || scheme === "rtsp" || scheme === "rtsps";
}

function addressSource({ address, username, password, transport }: AddForm): SourceInput {
  const url = address.trim();
  if (!isCameraAddress(url)) return { kind: "url", url };
  return {
    kind: "rtsp",
    url,
    ...(transport !== "tcp" && { transport }),
    ...(username !== "" && { username }),
    ...(password !== "" && { password }),
  };
}

function pipelineOf({ kind, scene, model, track, minScore }: AddForm): Record<string, unknown>[] {
  const reading = kind === "scene" ? READINGS[scene] : undefined;
  if (model === "") return reading?.alone ?? [];
  const { name, steps } = reading?.after ?? { steps: track ? [{ analyzer: "track" }] : [] };
  const step = {
    model,
    ...(name !== undefined && { name }),
    ...(minScore.trim() !== "" && { minScore: numberIn(minScore) }),
  };
  return [step, ...steps];
}

interface SceneReading {
  /** Without a model. */
  alone: Record<string, unknown>[];
  /** After a model, and what its step is called then. */
  after?: { name: string; steps: Record<string, unknown>[] };
}

/** What there is to read in a scene besides what a model finds. */
const READINGS: Partial<Record<string, SceneReading>> = {
  counter: { alone: [{ analyzer: "counter" }] },
  portrait: {
    alone: [{ analyzer: "pulse", region: FRAME }],
    after: { name: "face", steps: [{ analyzer: "track", on: "face" }, { analyzer: "pulse", on: "face" }] },
  },
};

/** The number that a field holds; a text that is none goes to the server, which says so. */
function numberIn(text: string): number | string {
  const trimmed = text.trim().replace(",", ".");
  return trimmed !== "" && Number.isFinite(Number(trimmed)) ? Number(trimmed) : text;
}
