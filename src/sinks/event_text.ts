import type { LogEvent } from "../core/events.ts";

const texts = new WeakMap<LogEvent, string>();

/** An event as one line of JSON, written once however many sinks want it. */
export function eventText(event: LogEvent): string {
  let text = texts.get(event);
  if (text === undefined) texts.set(event, text = JSON.stringify(event));
  return text;
}
