import { Stat, Stats } from "../ui/stat.tsx";
import { Panel } from "../ui/panel.tsx";
import { type Advice, FIRST_RATE_S, type Quality, qualityOf, secondsToGo } from "./advice.ts";
import type { FacePulse } from "../../core/face_pulse.ts";
import { NotMedical } from "./tips_panel.tsx";

const QUALITY: Record<Quality, { text: string; tone: string }> = {
  good: { text: "good", tone: "good" },
  fair: { text: "fair", tone: "warn" },
  low: { text: "too low for a rate", tone: "bad" },
  none: { text: "nothing yet", tone: "calm" },
};

/** A face's rate, how sure it is, and what would make it surer. */
export function RateCard({ face, advice, faces, chosen, onChoose }: {
  face: FacePulse | undefined;
  advice: readonly Advice[];
  /** All that are seen, the largest first. */
  faces: readonly FacePulse[];
  /** By its track; undefined for whichever is the largest. */
  chosen: number | undefined;
  onChoose(track: number | undefined): void;
}) {
  const { bpm, confidence = 0, interval, snrDb, method, windowS = 0 } = face ?? {};
  const quality = QUALITY[face ? qualityOf(face) : "none"];
  const toGo = face && secondsToGo(face);
  return (
    <Panel
      title="Heart rate"
      actions={faces.length > 1 && (
        <select
          aria-label="Which face"
          class="which"
          value={`${chosen ?? ""}`}
          onChange={({ currentTarget: { value } }) => onChoose(value === "" ? undefined : Number(value))}
        >
          <option value="">The largest face</option>
          {faces.map(({ track }) =>
            track !== undefined && <option key={track} value={`${track}`}>Face {track}</option>
          )}
        </select>
      )}
    >
      <div class="stack rate-card">
        <p class="rate">
          <Heart bpm={bpm} />
          <span class="value">{bpm === undefined ? "–" : Math.round(bpm)}</span>
          <span class="unit">BPM</span>
        </p>
        <p class="faint small interval">
          {interval
            ? `${Math.round(interval[0])} to ${Math.round(interval[1])} BPM, nine times in ten`
            : toGo !== undefined
            ? `Hold still: the first rate in about ${toGo} s`
            : face
            ? "No rate that could be trusted"
            : "Waiting for the first picture"}
        </p>
        <div>
          <p class="row small">
            <strong>Confidence</strong>
            <span class={`quality ${quality.tone}`}>{quality.text}</span>
            <span class="faint end">{`${Math.round(confidence * 100)} %`}</span>
          </p>
          <div
            class={`gauge ${quality.tone}`}
            role="meter"
            aria-label="Confidence"
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={Math.round(confidence * 100)}
            aria-valuetext={quality.text}
          >
            <span style={{ width: `${Math.round(confidence * 100)}%` }} />
          </div>
        </div>
        <Stats>
          <Stat
            label="Looked at"
            value={windowS.toFixed(0)}
            unit="s"
            hint={`The first rate takes about ${FIRST_RATE_S} s`}
          />
          <Stat
            label="Signal"
            value={snrDb === undefined ? "–" : snrDb.toFixed(1)}
            {...(snrDb !== undefined && { unit: "dB" })}
            hint="The rate's power over that of the rest of the band"
          />
          <Stat label="Method" value={method === undefined ? "–" : method.toUpperCase()} />
        </Stats>
        <div role="status">
          <ul class="advice">
            {advice.map(({ what, remedy }) => (
              <li key={what}>
                <strong>{what}.</strong> {remedy}
              </li>
            ))}
          </ul>
        </div>
        <NotMedical />
      </div>
    </Panel>
  );
}

/** Beats as fast as the heart that is looked at. */
function Heart({ bpm }: { bpm: number | undefined }) {
  return (
    <svg
      class={`heart ${bpm === undefined ? "" : "beats"}`}
      viewBox="0 0 24 24"
      aria-hidden="true"
      style={bpm === undefined ? {} : { animationDuration: `${(60 / bpm).toFixed(2)}s` }}
    >
      <path d="M12 21C5 15 2 12 2 8a5 5 0 0 1 10-1.5A5 5 0 0 1 22 8c0 4-3 7-10 13z" />
    </svg>
  );
}
