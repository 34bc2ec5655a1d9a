import { CONNECTION_ENDS, type ConnectionFigures } from "../core/connections.ts";
import type { Metrics } from "./metrics.ts";

/** Connections of the HTTP listener, and why it ended those that would have gone on. */
export function connectionMetrics(metrics: Metrics, connections: () => ConnectionFigures | undefined): void {
  metrics.asked({
    type: "gauge",
    name: "weir_http_connections",
    help: "Connections that are open.",
    read: (say) => say(connections()?.open ?? 0, {}),
  });
  metrics.asked({
    type: "counter",
    name: "weir_http_connections_ended_total",
    help: "Connections that the server ended or did not let in, by why.",
    labels: ["why"],
    read: (say) => CONNECTION_ENDS.forEach((why) => say(connections()?.ended[why] ?? 0, { why })),
  });
}
