import type { Detection } from "../core/results.ts";
import type { CameraShift } from "../vision/camera_motion.ts";
import type { BoxFilter } from "../vision/kalman.ts";
import type { TrackStep } from "./track_clock.ts";
import type { Target, Tracked } from "./track_target.ts";

/** More are not followed at once; those out of sight longest go first. */
const TARGETS_MAX = 1000;

/** Everything a tracker follows: lets time pass over it, gives identities, forgets what is gone. */
export class Targets {
  all: Target[] = [];
  #identities = 0;
  #frames = 0;

  /** `confirm`: so many sightings in a row after the first, and a target has an identity. */
  constructor(private readonly options: { confirm: number; keepMs: number }) {}

  /** How many identities were given in all. */
  get total(): number {
    return this.#identities;
  }

  /** How many with an identity are out of sight and looked for. */
  get lost(): number {
    return this.all.reduce((count, { identity, detection }) => count + Number(identity > 0 && detection < 0), 0);
  }

  /** Whether so little was seen yet that nothing can be asked to have been seen before. */
  get beginning(): boolean {
    return this.#frames <= this.options.confirm;
  }

  /** Lets time pass: forgets what is gone for too long, and moves the rest. */
  advance(step: TrackStep): void {
    this.#frames++;
    // Out of sight it was until the frame before this one; half an interval of grace, so that jitter does not decide.
    const keepMs = this.options.keepMs + 1.5 * step.intervalMs;
    this.all = this.all.filter(({ seenMs }) => step.nowMs - seenMs <= keepMs);
    if (this.all.length > TARGETS_MAX) {
      this.all = this.all.toSorted((a, b) => b.seenMs - a.seenMs).slice(0, TARGETS_MAX);
    }
    const elapsed = step.elapsedMs / step.intervalMs;
    for (const target of this.all) {
      target.lost = target.detection < 0;
      if (target.before && !target.lost) target.before.copy(target.filter);
      if (step.camera) goAlong(target, step.camera);
      target.filter.predict(elapsed, target.lost);
      if (target.lost) target.hits = 0;
      target.detection = -1;
    }
  }

  /** Follows something from now on. */
  add(filter: BoxFilter, { box, classId }: Detection, index: number, { nowMs }: TrackStep): Target {
    const target: Target = {
      filter,
      classId,
      detection: index,
      lost: false,
      identity: 0,
      bornMs: nowMs,
      seenMs: nowMs,
      hits: 0,
      sightings: [{ box, atMs: nowMs }],
    };
    this.all.push(target);
    return target;
  }

  /** Notes that a target was seen; its filter is its method's business. */
  see(target: Target, { classId }: Detection, step: TrackStep): void {
    target.classId = classId;
    target.seenMs = step.nowMs;
    target.hits++;
  }

  /** Gives identities to those who have proved themselves, and answers everybody who is in this frame. */
  identified(): Tracked[] {
    const tracked: Tracked[] = [];
    for (const target of this.all) {
      const { detection, hits, filter } = target;
      if (detection < 0) continue;
      if (target.identity === 0 && (this.beginning || hits >= this.options.confirm)) {
        target.identity = ++this.#identities;
      }
      if (target.identity > 0) tracked.push({ identity: target.identity, detection, box: filter.box() });
    }
    return tracked;
  }

  /** Forgets everything but how many identities there were. */
  reset(): void {
    this.all = [];
    this.#frames = 0;
  }
}

/** Puts what is known of a target to where it is in a picture whose camera has moved. */
function goAlong(target: Target, camera: CameraShift): void {
  target.filter.warp(camera);
  target.before?.warp(camera);
  const { scale } = camera;
  for (const sighting of target.sightings) {
    const [x, y, width, height] = sighting.box;
    sighting.box = [scale * x + camera.x, scale * y + camera.y, scale * width, scale * height];
  }
}
