import type { SourceProperties } from "../../core/source.ts";
import { durationText, msText, rateText } from "../ui/format.ts";
import { Stat, Stats } from "../ui/stat.tsx";

/** What the server found at a source, as its API tells it. */
export interface Probed {
  ok: boolean;
  tookMs: number;
  properties?: SourceProperties;
  /** The first picture as a data URL. */
  picture?: string;
  cause?: { code: string; message: string };
}

/** What a test connection found: the first picture and what is known of the video, or why there is none. */
export function ProbeResult({ result }: { result: Probed }) {
  const { ok, tookMs, properties, picture, cause } = result;
  if (!ok || !properties) {
    return (
      <div class="note error" role="alert">
        <p>{cause?.message ?? "It cannot be opened"}</p>
        <p class="small">
          <code>{cause?.code ?? "failed"}</code> after {msText(tookMs)} ms{HINTS[cause?.code ?? ""]}
        </p>
      </div>
    );
  }
  const { codec, width, height, fps, durationMs, live } = properties;
  return (
    <div class="probe stack" role="status">
      {picture
        ? (
          <img
            src={picture}
            alt="The first picture"
            width={width}
            height={height}
          />
        )
        : <p class="faint">It is there, but no picture came in time.</p>}
      <Stats>
        <Stat label="Codec" value={codec} />
        <Stat label="Size" value={`${width} × ${height}`} />
        {fps !== undefined && <Stat label="Rate" value={rateText(fps)} unit="/s" />}
        {durationMs !== undefined && <Stat label="Length" value={durationText(durationMs)} />}
        <Stat label="Kind" value={live ? "live" : "recorded"} />
        <Stat label="Took" value={msText(tookMs)} unit="ms" />
      </Stats>
    </div>
  );
}

/** What to look at next, by the stable code of the failure. */
const HINTS: Partial<Record<string, string>> = {
  unauthorized: " – look at user and password",
  forbidden: " – this user may not watch",
  not_found: " – look at the end of the address",
  refused: " – nothing listens there: look at the port",
  unreachable: " – look at the network between server and camera",
  unknown_host: " – look at the name of the host",
  timeout: " – it does not answer: look at address, port and firewall",
  no_video: " – it has no video",
  unsupported: " – its codec cannot be decoded here",
};
