import type { Box, Detection } from "../core/results.ts";
import { KalmanXysr } from "../vision/kalman_xysr.ts";
import type { TrackStep } from "./track_clock.ts";
import { type MatchRule, TrackMatcher } from "./track_matcher.ts";
import type { TrackMethod } from "./track_method.ts";
import type { Sighting, Target, Tracked } from "./track_target.ts";
import { Targets } from "./track_targets.ts";

/** The parameters of {@link OcSort}. */
export interface OcSortSettings {
  high: number;
  low: number;
  start: number;
  iou: number;
  inertia: number;
  directionFrames: number;
  recover: boolean;
  replay: boolean;
  confirm: number;
  reconfirm: boolean;
  keepMs: number;
  acrossClasses: boolean;
}

/** More sightings are not looked back at, however fast frames come. */
const SIGHTINGS_MAX = 16;
const REPLAY_STEPS_MAX = 100;

const latest = ({ sightings }: Target): Sighting => sightings[sightings.length - 1];

/**
 * OC-SORT (Cao et al. 2023): motion is believed as it was observed, not as it was extrapolated. A pair is worth more
 * when it keeps the target's direction, what was lost is looked for where it was last seen, and a target that comes
 * back is made to have moved there in a straight line. Without all that it is SORT (Bewley et al. 2016).
 */
export class OcSort implements TrackMethod {
  #targets: Targets;
  #matcher: TrackMatcher;
  #nowMs = 0;
  #lookBackMs = 0;
  #moved: MatchRule;
  #unsure: MatchRule;
  #lastSeen: MatchRule;

  constructor(private readonly settings: OcSortSettings) {
    const { iou: least, inertia } = settings;
    this.#targets = new Targets(settings);
    this.#matcher = new TrackMatcher(settings.acrossClasses);
    const overlap = { least, boxOf: (target: Target) => target.filter.box(), worth: (iou: number) => iou };
    this.#unsure = overlap;
    this.#lastSeen = { ...overlap, boxOf: (target) => latest(target).box };
    this.#moved = inertia === 0 ? overlap : {
      ...overlap,
      worth: (iou, target, { box, score }) => iou + inertia * score * this.#consistency(target, box),
    };
  }

  get lost(): number {
    return this.#targets.lost;
  }

  get total(): number {
    return this.#targets.total;
  }

  push(detections: readonly Detection[], step: TrackStep): Tracked[] {
    const { high, low, start, recover, reconfirm, confirm } = this.settings;
    const sure: number[] = [];
    const unsure: number[] = [];
    detections.forEach(({ score }, index) => {
      if (score > high) sure.push(index);
      else if (score > low) unsure.push(index);
    });
    this.#nowMs = step.nowMs;
    this.#lookBackMs = (this.settings.directionFrames + 0.5) * step.intervalMs;
    this.#targets.advance(step);
    const { all } = this.#targets;
    let left = this.#matcher.match(all, sure, detections, this.#moved);
    const { targets } = this.#matcher.match(left.targets, unsure, detections, this.#unsure);
    left = { targets, detections: left.detections };
    if (recover) left = this.#matcher.match(left.targets, left.detections, detections, this.#lastSeen);
    for (const target of all) {
      if (target.detection >= 0) this.#see(target, detections[target.detection], step);
    }
    for (const index of left.detections) {
      const detection = detections[index];
      if (detection.score < start) continue;
      const target = this.#targets.add(new KalmanXysr(detection.box), detection, index, step);
      if (this.settings.replay) target.before = new KalmanXysr(detection.box);
    }
    const identified = this.#targets.identified();
    if (!reconfirm || this.#targets.beginning) return identified;
    const proven = new Set(this.#targets.all.filter(({ hits }) => hits >= confirm).map(({ identity }) => identity));
    return identified.filter(({ identity }) => proven.has(identity));
  }

  reset(): void {
    this.#targets.reset();
  }

  #see(target: Target, detection: Detection, step: TrackStep): void {
    const { box } = detection;
    if (target.before && target.lost) this.#replay(target, box, step);
    else target.filter.update(box);
    target.direction = directionTo(this.#earlier(target).box, box) ?? target.direction;
    target.sightings.push({ box, atMs: step.nowMs });
    this.#targets.see(target, detection, step);
    const { sightings } = target;
    const tooOld = () => this.#nowMs - sightings[0].atMs > this.#lookBackMs;
    while (sightings.length > 1 && (tooOld() || sightings.length > SIGHTINGS_MAX)) sightings.shift();
  }

  /** Moves the filter again since the last sighting, this time along the straight line to where the target came back. */
  #replay({ filter, before, sightings, seenMs }: Target, box: Box, { nowMs, intervalMs }: TrackStep): void {
    const { box: from } = sightings[sightings.length - 1];
    const elapsed = (nowMs - seenMs) / intervalMs;
    const steps = Math.min(REPLAY_STEPS_MAX, Math.max(1, Math.round(elapsed)));
    filter.copy(before!);
    for (let step = 1; step <= steps; step++) {
      const share = step / steps;
      filter.predict(elapsed / steps, false);
      filter.update(from.map((value, i) => value + share * (box[i] - value)) as Box);
    }
  }

  /** The oldest sighting that is not too old to tell of the present motion, else the latest. */
  #earlier(target: Target): Sighting {
    const { sightings } = target;
    return sightings.find(({ atMs }) => this.#nowMs - atMs <= this.#lookBackMs) ?? latest(target);
  }

  /** From 0.5, straight on, to −0.5, straight back. */
  #consistency(target: Target, box: Box): number {
    const { direction } = target;
    if (!direction) return 0;
    const towards = directionTo(this.#earlier(target).box, box);
    if (!towards) return 0;
    const cosine = direction[0] * towards[0] + direction[1] * towards[1];
    return 0.5 - Math.acos(Math.min(1, Math.max(-1, cosine))) / Math.PI;
  }
}

/** The direction from one box's centre to another's; undefined when they are the same. */
function directionTo(from: Readonly<Box>, to: Readonly<Box>): readonly [number, number] | undefined {
  const x = to[0] - from[0] + (to[2] - from[2]) / 2;
  const y = to[1] - from[1] + (to[3] - from[3]) / 2;
  const length = Math.hypot(x, y);
  return length > 0 ? [x / length, y / length] : undefined;
}
