import type { StreamPatch } from "../../core/services.ts";
import type { StreamRegistration } from "../../core/stream.ts";
import { jsonText } from "../ui/json_text.ts";

/** What of a registration is edited as a text. */
export type Change = Pick<StreamPatch, "pipeline" | "policy" | "labels" | "capture">;

const KEYS = ["pipeline", "policy", "labels", "capture"] as const;

/** The text of what can be changed. */
export function changeText(
  { pipeline, policy, labels, capture }: StreamRegistration,
): string {
  return `${jsonText({ pipeline, policy, labels, ...(capture && { capture }) })}\n`;
}

/** What a text would change, only the parts that differ; or why it cannot be read. What it means, the server judges. */
export function parseChange(
  text: string,
  registration: StreamRegistration,
): { change: Change } | { fault: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { fault: placed((error as Error).message, text) };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { fault: "This must be an object with pipeline, policy, labels and capture" };
  }
  const strange = Object.keys(value).find((key) => !KEYS.some((known) => known === key));
  if (strange !== undefined) {
    return {
      fault: `Only pipeline, policy, labels and capture can be changed here, not ${strange}`,
    };
  }
  const given = value as Record<string, unknown>;
  const changed = KEYS.filter((key) => key in given && !alike(given[key], registration[key]));
  return {
    change: Object.fromEntries(
      changed.map((key) => [key, given[key]]),
    ) as Change,
  };
}

/** Engines tell the place as an offset, if at all; people count lines. */
function placed(message: string, text: string): string {
  const offset = /position (\d+)/.exec(message)?.[1];
  if (offset === undefined || /line \d+/.test(message)) return message;
  const before = text.slice(0, Number(offset)).split("\n");
  return `${message} (line ${before.length}, column ${before.at(-1)!.length + 1})`;
}

function alike(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
