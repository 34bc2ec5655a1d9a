import { Panel } from "../ui/panel.tsx";
import { FIRST_RATE_S } from "./advice.ts";

/** What somebody does best who wants to see a rate, and what this is not. */
export function TipsPanel() {
  return (
    <Panel title="For a good reading">
      <div class="stack">
        <ul class="tips">
          <li>Let daylight or a lamp in front of you fall evenly on your face.</li>
          <li>Sit half a metre to a metre away, forehead and cheeks bare.</li>
          <li>{`Lean back, hold still and breathe calmly; the first rate takes about ${FIRST_RATE_S} seconds.`}</li>
          <li>Put the phone or the camera on something firm.</li>
        </ul>
        <p class="faint small">
          Every beat darkens the skin by less than a hundredth. Pictures go to this server and nowhere else, and none of
          them is kept.
        </p>
        <NotMedical />
      </div>
    </Panel>
  );
}

/** Said wherever a rate is. */
export function NotMedical() {
  return (
    <p class="note warn small">
      Not a medical device: a figure to play with and to learn from, never a reason to do or to leave anything for your
      health.
    </p>
  );
}
