import type { Detection } from "../core/results.ts";
import { Corners, iouMatrix, Matrix } from "../vision/iou.ts";
import { KalmanXyah } from "../vision/kalman_xyah.ts";
import type { TrackStep } from "./track_clock.ts";
import { type Leftovers, type MatchRule, TrackMatcher } from "./track_matcher.ts";
import type { TrackMethod } from "./track_method.ts";
import type { Target, Tracked } from "./track_target.ts";
import { Targets } from "./track_targets.ts";

/** The parameters of {@link ByteTrack}. */
export interface ByteTrackSettings {
  high: number;
  low: number;
  start: number;
  firstCost: number;
  secondCost: number;
  newCost: number;
  regain: boolean;
  duplicateIou: number;
  confirm: number;
  keepMs: number;
  acrossClasses: boolean;
}

const boxOf = (target: Target) => target.filter.box();
/** As in the paper's evaluation, a box's last pixels belong to it: what is a few pixels small is found more easily. */
const EDGE = 1;

/** A pair up to a cost, which is worth what it costs less; to be alone costs nothing. */
function upTo(maxCost: number, costOf: (iou: number, score: number) => number): MatchRule {
  return { boxOf, least: 0, edge: EDGE, worth: (iou, _, { score }) => Math.max(0, maxCost - costOf(iou, score)) };
}

/** Overlap counts by how sure the detector is. */
const scored = (iou: number, score: number) => 1 - iou * score;

/**
 * ByteTrack (Zhang et al. 2022): sure detections find their targets first; then targets that were just in sight may be
 * one of the unsure detections, which is what something half hidden looks like.
 */
export class ByteTrack implements TrackMethod {
  #targets: Targets;
  #matcher: TrackMatcher;
  #first: MatchRule;
  #second: MatchRule;
  #new: MatchRule;
  #seenBoxes = new Corners();
  #lostBoxes = new Corners();
  #ious = new Matrix();

  constructor(private readonly settings: ByteTrackSettings) {
    const { firstCost, secondCost, newCost } = settings;
    this.#targets = new Targets(settings);
    this.#matcher = new TrackMatcher(settings.acrossClasses);
    this.#first = upTo(firstCost, scored);
    this.#second = upTo(secondCost, (iou) => 1 - iou);
    this.#new = upTo(newCost, scored);
  }

  get lost(): number {
    return this.#targets.lost;
  }

  get total(): number {
    return this.#targets.total;
  }

  push(detections: readonly Detection[], step: TrackStep): Tracked[] {
    const { high, low, start, regain } = this.settings;
    const sure: number[] = [];
    const unsure: number[] = [];
    detections.forEach(({ score }, index) => {
      if (score > high) sure.push(index);
      else if (score > low) unsure.push(index);
    });
    this.#targets.advance(step);
    const known = this.#targets.all.filter(({ identity }) => identity > 0);
    const match = (targets: Target[], indexes: number[], rule: MatchRule): Leftovers => {
      const left = this.#matcher.match(targets, indexes, detections, rule);
      for (const target of targets) {
        if (target.detection < 0) continue;
        const detection = detections[target.detection];
        target.filter.update(detection.box);
        this.#targets.see(target, detection, step);
      }
      return left;
    };
    const first = match(known, sure, this.#first);
    match(first.targets.filter(({ lost }) => regain || !lost), unsure, this.#second);
    // What was seen once and not again was nothing.
    const unproven = this.#targets.all.filter(({ identity }) => identity === 0);
    const last = match(unproven, first.detections, this.#new);
    const gone = new Set(last.targets);
    this.#targets.all = this.#targets.all.filter((target) => !gone.has(target));
    for (const index of last.detections) {
      const detection = detections[index];
      if (detection.score >= start) this.#targets.add(new KalmanXyah(detection.box), detection, index, step);
    }
    this.#dropDuplicates();
    return this.#targets.identified();
  }

  reset(): void {
    this.#targets.reset();
  }

  /** Of one in sight and one out of sight at the same place, the one that was followed longer stays. */
  #dropDuplicates(): void {
    const seen = this.#targets.all.filter(({ detection }) => detection >= 0);
    const lost = this.#targets.all.filter(({ detection }) => detection < 0);
    if (seen.length === 0 || lost.length === 0) return;
    this.#seenBoxes.clear();
    this.#lostBoxes.clear();
    for (const target of seen) this.#seenBoxes.push(boxOf(target), EDGE);
    for (const target of lost) this.#lostBoxes.push(boxOf(target), EDGE);
    const { values: ious } = iouMatrix(this.#seenBoxes, this.#lostBoxes, this.#ious);
    const gone = new Set<Target>();
    for (let row = 0, cell = 0; row < seen.length; row++) {
      for (let column = 0; column < lost.length; column++, cell++) {
        const { [row]: one } = seen;
        const { [column]: other } = lost;
        if (!(ious[cell] > this.settings.duplicateIou) || !this.#same(one, other)) continue;
        const followed = one.seenMs - one.bornMs;
        gone.add(followed > other.seenMs - other.bornMs ? other : one);
      }
    }
    if (gone.size > 0) this.#targets.all = this.#targets.all.filter((target) => !gone.has(target));
  }

  #same(one: Target, other: Target): boolean {
    return this.settings.acrossClasses || one.classId === other.classId;
  }
}
