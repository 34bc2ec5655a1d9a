import { Sparkline } from "../ui/sparkline.tsx";
import type { EngagementRecord, FaceReading } from "./engagement_record.ts";

/** What the heads say of a face: each as a gauge, in words, and over the last two minutes. */
export function Gauges({ face, record }: { face: FaceReading; record: EngagementRecord }) {
  return (
    <ul class="gauges">
      {Object.entries(face.heads).map(([name, { category, confidence, value }]) => (
        <li key={name}>
          <p class="row">
            <strong>{name}</strong>
            <span class="end">{category}</span>
            <span class="faint small">{`${Math.round(confidence * 100)} % sure`}</span>
          </p>
          <div
            class="gauge"
            role="meter"
            aria-label={name}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={Math.round(value * 100)}
            aria-valuetext={category}
          >
            <span style={{ width: `${Math.round(value * 1000) / 10}%` }} />
          </div>
          <Sparkline values={record.values(face.track, name)} top={1} label={`${name} over the last two minutes`} />
        </li>
      ))}
    </ul>
  );
}
