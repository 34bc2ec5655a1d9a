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

/** Which of the models could do each part, the likeliest first. */
export function candidates(choices: readonly ModelChoice[]): Record<keyof EngagementModels, string[]> {
  const of = (task: string, likely: RegExp) => {
    const names = choices.filter((choice) => choice.task === task && choice.state !== "failed").map(({ name }) => name);
    return names.toSorted((a, b) => Number(likely.test(b)) - Number(likely.test(a)));
  };
  return {
    faces: of("detect", /face|yunet|scrfd/i),
    embedding: of("embed", /face|blend|arc|emb/i),
    heads: of("head", /engage/i),
  };
}

/** The models that are used; undefined where a part has none. */
export function modelsFor(
  { faces, embedding, heads }: Partial<EngagementModels>,
  choices: readonly ModelChoice[] | undefined,
): Partial<EngagementModels> {
  const known = candidates(choices ?? []);
  const pick = (wanted: string | undefined, names: readonly string[]) =>
    wanted !== undefined && names.includes(wanted) ? wanted : names[0];
  const picked = {
    faces: pick(faces, known.faces),
    embedding: pick(embedding, known.embedding),
    heads: pick(heads, known.heads),
  };
  return Object.fromEntries(Object.entries(picked).filter(([, name]) => name !== undefined));
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
