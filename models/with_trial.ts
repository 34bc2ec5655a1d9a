import { ModelError } from "./model_error.ts";
import type { RegisteredModel } from "./registered_model.ts";

/** What a version is tried as. */
export type TrialRole = "canary" | "shadow";

/** Which version, and of which share of the frames where it answers any. */
export interface Trial {
  version: string;
  share?: number;
}

/** The model with a version that is tried beside the active one, or, for null, without one. Throws where it cannot be. */
export function withTrial(model: RegisteredModel, role: TrialRole, trial: Trial | null): RegisteredModel {
  const { canary, shadow, ...rest } = model;
  const others = { ...rest, ...(role === "shadow" ? canary && { canary } : shadow && { shadow }) };
  if (!trial) return others;
  const { name, active, versions } = model;
  const wanted = versions.find((one) => one.version === trial.version);
  if (!wanted) {
    const there = versions.map((one) => one.version).join(", ");
    throw new ModelError("not_found", `There is no version ${trial.version} of ${name}; there are: ${there}`);
  }
  if (trial.version === active) {
    throw new ModelError("conflict", `${name}@${active} is the active version; a ${role} is another one`);
  }
  if (wanted.manifest.task !== versions.find((one) => one.version === active)?.manifest.task) {
    throw new ModelError("conflict", `${name}@${trial.version} is for another task than the active version`);
  }
  const { version, share } = trial;
  if (role === "shadow") return { ...others, shadow: { version } };
  if (share === undefined) throw new TypeError("A canary wants a share of the frames");
  return { ...others, canary: { version, share } };
}
