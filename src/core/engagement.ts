import type { HeadOutput } from "./results.ts";
import { rounded } from "./tidy.ts";

/** Names of the four levels that engagement is told in, from the lowest. */
export const LEVELS = ["very low", "low", "high", "very high"];

/** What one head says of a face. */
export interface EngagementLevel {
  /** The level's name. */
  category: string;
  /** The likeliest level, from 0. */
  level: number;
  /** How likely it is. */
  confidence: number;
  /** Of all levels, from the lowest. */
  probabilities: number[];
}

/** What people are told of one image of a face. */
export interface EngagementAnswer {
  /** By head. */
  predictions: Record<string, EngagementLevel>;
  processing_time_ms: number;
  /** The answer is that to an image nearly the same. */
  cached: boolean;
  /** What the model's maker wants said wherever this is shown. */
  notice?: string;
}

const SCORE_STEPS = 10_000;

/** A head's probabilities as a level with a name. */
export function engagementLevel(probabilities: readonly number[], names: readonly string[] = LEVELS): EngagementLevel {
  const level = probabilities.reduce((best, value, index) => value > probabilities[best] ? index : best, 0);
  return {
    category: names.length === probabilities.length ? names[level] : `level ${level}`,
    level,
    confidence: rounded(probabilities[level] ?? 0, SCORE_STEPS),
    probabilities: probabilities.map((value) => rounded(value, SCORE_STEPS)),
  };
}

/** The heads' answer to one image in the shape that clients of engagement services know. */
export function engagementAnswer(
  heads: Record<string, HeadOutput>,
  { tookMs, cached, notice }: { tookMs: number; cached: boolean; notice?: string },
): EngagementAnswer {
  const levels = Object.entries(heads).map(([name, { probabilities }]) => [name, engagementLevel(probabilities)]);
  return {
    predictions: Object.fromEntries(levels),
    processing_time_ms: rounded(tookMs, 1000),
    cached,
    ...(notice !== undefined && { notice }),
  };
}
