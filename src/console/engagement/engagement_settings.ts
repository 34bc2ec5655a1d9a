import type { ModelChoice } from "../models/model_list.ts";
import { remember, remembered } from "../state/theme.ts";
import type { PipelineInput } from "../webcam/own_stream.ts";
import { loadSettings, settingsIn, type WebcamSettings } from "../webcam/settings.ts";

/** How faces are looked at; a model that is not chosen is the likeliest that there is. */
export interface EngagementSettings extends WebcamSettings {
  faces?: string;
  embedding?: string;
  heads?: string;
  /** A face is asked about so often, seconds. */
  everyS: number;
}

/** How often a face may be asked about, seconds. */
export const INTERVALS = [0.2, 0.5, 1, 2, 5] as const;

const KEY = "weir.engagement";

/** The settings of last time, or such as suit most. */
export function loadEngagementSettings(): EngagementSettings {
  const fresh: EngagementSettings = {
    ...loadSettings(),
    name: `faces-${Math.random().toString(36).slice(2, 6)}`,
    fps: 10,
    everyS: 0.5,
  };
  try {
    const value = JSON.parse(remembered(KEY) ?? "{}") ?? {};
    const { faces, embedding, heads, everyS } = value as Record<string, unknown>;
    return {
      ...fresh,
      ...settingsIn(value),
      ...(typeof faces === "string" && { faces }),
      ...(typeof embedding === "string" && { embedding }),
      ...(typeof heads === "string" && { heads }),
      ...(typeof everyS === "number" && INTERVALS.some((known) => known === everyS) && { everyS }),
    };
  } catch {
    return fresh;
  }
}

/** Remembers settings for next time. */
export function saveEngagementSettings(settings: EngagementSettings): void {
  remember(KEY, JSON.stringify(settings));
}

/** The three models that it takes. */
export interface EngagementModels {
  faces: string;
  embedding: string;
  heads: string;
}

const LIKELY: Readonly<Record<keyof EngagementModels, { task: string; words: RegExp }>> = {
  faces: { task: "detect", words: /face|yunet|scrfd/i },
  embedding: { task: "embed", words: /face|blend|arc|emb/i },
  heads: { task: "head", words: /engage/i },
};

/** Which of the models could do a part, the likeliest first. */
export function candidates(part: keyof EngagementModels, choices: readonly ModelChoice[]): string[] {
  const { task } = LIKELY[part];
  return choices.filter((choice) => choice.task === task && choice.state !== "failed")
    .toSorted((a, b) => Number(isLikely(part, b)) - Number(isLikely(part, a)))
    .map(({ name }) => name);
}

/** The models that are used: those that were chosen, else the likeliest; a part that has none is absent. */
export function modelsFor(
  chosen: Partial<EngagementModels>,
  choices: readonly ModelChoice[] = [],
): Partial<EngagementModels> {
  const picked = PARTS.map((part) => {
    const names = candidates(part, choices);
    const [first] = names;
    // Many things are found by something; only some of it are faces.
    const fallback = part !== "faces" || choices.some((choice) => choice.name === first && isLikely(part, choice));
    const wanted = chosen[part];
    return [part, wanted !== undefined && names.includes(wanted) ? wanted : fallback ? first : undefined];
  });
  return Object.fromEntries(picked.filter(([, name]) => name !== undefined));
}

const PARTS = ["faces", "embedding", "heads"] as const;

function isLikely(part: keyof EngagementModels, { name, adapter = "", labels }: ModelChoice): boolean {
  return LIKELY[part].words.test([name, adapter, ...labels?.first ?? []].join(" "));
}

/** Faces, followed, each one's look as numbers, and what heads say of these, averaged over time. */
export function engagementPipeline(
  { faces, embedding, heads, fps, everyS }: Partial<EngagementModels> & Pick<EngagementSettings, "fps" | "everyS">,
): PipelineInput[] {
  if (!faces || !embedding || !heads) return [];
  return [
    { model: faces, name: "face" },
    { analyzer: "track", on: "face" },
    {
      model: embedding,
      name: "embed",
      on: "face",
      margin: 0.2,
      minSize: 24,
      max: 4,
      everyNth: Math.max(1, Math.round(fps * everyS)),
      publish: false,
    },
    { model: heads, name: "heads", on: "embed" },
    { analyzer: "engagement", on: "heads" },
  ];
}
