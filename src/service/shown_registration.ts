import { redactUrls } from "../core/redact.ts";
import type { StreamRegistration } from "../core/stream.ts";
import { type ParsedSinkConfig, shownSinkConfig } from "../sinks/registry.ts";

const MASK = "***";

/** A registration for those who look at it: nothing in it is secret. */
export function shownRegistration(registration: StreamRegistration): StreamRegistration {
  return {
    ...registration,
    source: masked(registration.source),
    ...(registration.sinks && {
      sinks: registration.sinks.map((config) => shownSinkConfig(config as ParsedSinkConfig)),
    }),
  };
}

/** A source's configuration without what is secret in it; addresses keep all but their credentials. */
function masked(source: StreamRegistration["source"]): StreamRegistration["source"] {
  const entries = Object.entries(source).map(([key, value]) => {
    if (typeof value !== "string") return [key, value];
    return [key, /pass|secret|token|key/i.test(key) ? MASK : redactUrls(value)];
  });
  return Object.fromEntries(entries) as StreamRegistration["source"];
}
