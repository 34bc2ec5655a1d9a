import type { CaptureReason, CaptureRules, CaptureView } from "../../core/captures.ts";
import { bytesText, countText } from "../ui/format.ts";

/** Why something was kept, in words. */
export const REASON_WORDS: Readonly<Record<CaptureReason, { short: string; long: string }>> = {
  nth: { short: "every nth", long: "One of every so many results" },
  time: { short: "by time", long: "One every so many seconds" },
  reservoir: { short: "sample", long: "In the day's sample" },
  low: { short: "low score", long: "Something in it scored low" },
  alert: { short: "alert", long: "An alert spoke of it" },
};

/** A stream's rules as people would say them. */
export function rulesText(rules: CaptureRules): string {
  const { everyNth, everySeconds, reservoir, below, onAlert, clips, keep } = rules;
  const what = [
    everyNth !== undefined && (everyNth === 1 ? "every result" : `every ${countText(everyNth)}th result`),
    everySeconds !== undefined && `one every ${secondsText(everySeconds)}`,
    reservoir !== undefined && `a sample of ${countText(reservoir)} a day`,
    below !== undefined && `what scores below ${below}`,
    onAlert && "what alerts speak of",
    clips && `video from ${clips.beforeSeconds} s before alerts to ${clips.afterSeconds} s after`,
  ].filter((part) => typeof part === "string");
  const most = [
    keep.days !== undefined && `${keep.days} ${keep.days === 1 ? "day" : "days"}`,
    bytesText(keep.bytes),
    `${countText(keep.files)} files`,
  ].filter((part) => typeof part === "string");
  return `${what.join(", ") || "nothing yet: no rule takes anything"}; kept up to ${most.join(", ")}`;
}

/** The reasons of one capture, in few words. */
export function reasonsText({ reasons }: Pick<CaptureView, "reasons">): string {
  return reasons.map((reason) => REASON_WORDS[reason as CaptureReason]?.short ?? reason).join(", ");
}

function secondsText(seconds: number): string {
  if (seconds >= 3600 && seconds % 3600 === 0) return seconds === 3600 ? "hour" : `${seconds / 3600} h`;
  if (seconds >= 60 && seconds % 60 === 0) return seconds === 60 ? "minute" : `${seconds / 60} min`;
  return seconds === 1 ? "second" : `${seconds} s`;
}
