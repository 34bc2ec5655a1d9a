import type { Metrics } from "./metrics.ts";

/** What the hub does. */
export interface HubReading {
  subscribers: number;
  published: number;
  /** Lost to slow subscribers. */
  dropped: number;
  log: { events: number; bytes: number };
}

/** The event log and who listens to it. */
export function hubMetrics(metrics: Metrics, hub: () => HubReading): void {
  const asked = (type: "counter" | "gauge", name: string, help: string, read: (hub: HubReading) => number) =>
    metrics.asked({ type, name, help, read: (say) => say(read(hub()), {}) });
  asked("gauge", "weir_hub_subscribers", "Who listens to events.", ({ subscribers }) => subscribers);
  asked("counter", "weir_hub_events_total", "Events published.", ({ published }) => published);
  asked("counter", "weir_hub_events_dropped_total", "Events that slow subscribers missed.", ({ dropped }) => dropped);
  asked("gauge", "weir_log_events", "Events kept to be resumed from.", ({ log }) => log.events);
  asked("gauge", "weir_log_bytes", "Memory of the events kept, estimated.", ({ log }) => log.bytes);
}
