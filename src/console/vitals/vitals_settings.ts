import type { ModelChoice } from "../models/model_list.ts";
import { remember, remembered } from "../state/theme.ts";
import type { PipelineInput } from "../webcam/own_stream.ts";
import { loadSettings, settingsIn, type WebcamSettings } from "../webcam/settings.ts";

/** How a pulse is read. */
export interface VitalsSettings extends WebcamSettings {
  /** What finds faces; empty for nothing, undefined for the likeliest there is. */
  faces?: string;
}

/** Where a face has to be when nothing looks for it, in shares of the picture. */
export const FRAME = { x: 0.36, y: 0.2, width: 0.28, height: 0.5 } as const;

const KEY = "weir.vitals";

/** The settings of last time, or such as suit most: every picture counts, and its colours more than its size. */
export function loadVitalsSettings(): VitalsSettings {
  const fresh: VitalsSettings = {
    ...loadSettings(),
    name: `vitals-${Math.random().toString(36).slice(2, 6)}`,
    width: 640,
    fps: 30,
    quality: 92,
  };
  try {
    const value = JSON.parse(remembered(KEY) ?? "{}") ?? {};
    const { faces } = value as Record<string, unknown>;
    return { ...fresh, ...settingsIn(value), ...(typeof faces === "string" && { faces }) };
  } catch {
    return fresh;
  }
}

/** Remembers settings for next time. */
export function saveVitalsSettings(settings: VitalsSettings): void {
  remember(KEY, JSON.stringify(settings));
}

/** The models that could find faces, the likeliest first. */
export function faceModels(choices: readonly ModelChoice[] = []): ModelChoice[] {
  return choices.filter(({ task, state }) => task === "detect" && state !== "failed")
    .toSorted((a, b) => Number(findsFaces(b)) - Number(findsFaces(a)));
}

/** The model that finds faces: the one that was chosen, while it is there, else one that is known for it, else none. */
export function faceModel({ faces }: Pick<VitalsSettings, "faces">, choices: readonly ModelChoice[] = []): string {
  const models = faceModels(choices);
  if (faces === "" || models.some(({ name }) => name === faces)) return faces!;
  return models.find(findsFaces)?.name ?? "";
}

/** Faces, followed, and each one's pulse with all that this page shows; without a model, the pulse in the frame. */
export function vitalsPipeline({ faces = "" }: Pick<VitalsSettings, "faces">): PipelineInput[] {
  const pulse = { analyzer: "pulse", waveS: 8, spectrum: true, colours: true, mask: true };
  if (faces === "") return [{ ...pulse, region: FRAME }];
  return [{ model: faces, name: "face" }, { analyzer: "track", on: "face" }, { ...pulse, on: "face" }];
}

function findsFaces({ name, adapter = "", labels }: ModelChoice): boolean {
  return /face|yunet|scrfd/i.test([name, adapter, ...labels?.first ?? []].join(" "));
}
