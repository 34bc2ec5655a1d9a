import { signal } from "@preact/signals";
import { call } from "../api/client.ts";
import { firstModel, type ModelChoice } from "../models/model_list.ts";
import { faceModel } from "../vitals/vitals_settings.ts";

/** A world that the server can make up. */
export interface SceneChoice {
  name: string;
  /** What there is to see. */
  about?: string;
}

interface Capabilities {
  sources: { kind: string; schema: { properties?: Record<string, EnumSchema> } }[];
}

interface EnumSchema {
  enum?: string[];
  "x-enumDescriptions"?: Record<string, string>;
}

/** The scenes of the server; undefined until it has answered. */
export const sceneChoices = signal<readonly SceneChoice[] | undefined>(undefined);

/** Asks which scenes there are; without an answer the one that is chosen is all there is. */
export async function refreshSceneChoices(signal: AbortSignal): Promise<void> {
  try {
    sceneChoices.value = scenesIn(await call<Capabilities>("GET", "/api/v1/capabilities", undefined, { signal }));
  } catch {
    // It is asked again when the page is opened again.
  }
}

/** The scenes that a server's account of itself names. */
export function scenesIn({ sources }: Capabilities): SceneChoice[] {
  const { enum: names = [], "x-enumDescriptions": abouts = {} } =
    sources.find(({ kind }) => kind === "scene")?.schema.properties?.scene ?? {};
  return names.map((name) => ({ name, ...(abouts[name] !== undefined && { about: abouts[name] }) }));
}

/** The model that has something to find in a scene, where nobody has chosen one; empty for none. */
export function sceneModel(scene: string, choices: readonly ModelChoice[] | undefined): string {
  if (scene === "pitch") return firstModel(choices);
  return scene === "portrait" ? faceModel({}, choices) : "";
}
