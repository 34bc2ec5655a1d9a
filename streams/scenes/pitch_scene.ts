import { PitchCamera } from "./pitch_camera.ts";
import { Figure, type Pose } from "./pitch_figure.ts";
import { personLook, type PitchLook, pitchLook } from "./pitch_look.ts";
import { Match, type MatchEvent, TICK } from "./pitch_match.ts";
import { PITCH_LENGTH } from "./pitch_measures.ts";
import { type BallView, PitchRenderer, type Seen } from "./pitch_renderer.ts";
import type { CameraPose } from "./projection.ts";
import { Random } from "./random.ts";
import { framePtsUs, type Scene, type SceneFrame, type SceneOptions } from "./scene.ts";

/** What the pictures of a match show. */
export type PitchClass = "player" | "goalkeeper" | "referee" | "ball";

/** One visible thing. Positions are metres from the corner at the far left: x to the right, y towards the camera. */
export interface PitchObject {
  id: number;
  class: PitchClass;
  team: 0 | 1 | null;
  /** Of the whole thing, also where something hides it; clipped to the picture. */
  box: [x: number, y: number, width: number, height: number];
  /** The share of its pixels that is inside the picture and not hidden. */
  visible: number;
  pitch: [x: number, y: number];
  /** Height of the ball's centre, metres. */
  z?: number;
}

/** Everything known of one frame. */
export interface PitchTruth {
  frame: number;
  ptsUs: number;
  width: number;
  height: number;
  objects: PitchObject[];
  /** Row by row: pitch metres (on the ground) to pixels. */
  camera: { homography: number[] };
  /** What happened since the frame before that was not skipped. */
  events: MatchEvent[];
}

/** The id of the ball among the objects. */
export const BALL_ID = 0;

/** Options of a pitch scene. */
export interface PitchSceneOptions extends SceneOptions {
  /** Ids of things that are left out of the pictures (not of the match); the truth leaves them out too. */
  hidden?: readonly number[];
}

/** How the world stands at one frame: all that is needed to draw it. */
interface Moment {
  frame: number;
  time: number;
  poses: Pose[];
  ball: BallView;
  camera: CameraPose;
  events: MatchEvent[];
}

/** A football match on a synthetic pitch, seen by a camera on the stand. */
export class PitchScene implements Scene<PitchTruth> {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly format = "rgba";
  readonly look: PitchLook;
  readonly match: Match;
  #camera: PitchCamera;
  #cameraBefore: CameraPose;
  #renderer: PitchRenderer;
  #figures: Figure[];
  #before: Pose[];
  #ballTrail: { x: number; y: number; z: number; roll: number }[] = [];
  #frame = 0;
  #ticks = 0;
  #tight = 1;
  #events: MatchEvent[] = [];
  #bytes: Uint8Array;

  constructor(private readonly options: PitchSceneOptions) {
    const { seed, width, height, fps } = options;
    this.width = width;
    this.height = height;
    this.fps = fps;
    this.look = pitchLook(seed);
    this.match = new Match(seed);
    this.#camera = new PitchCamera(this.look, seed, height);
    this.#cameraBefore = { ...this.#camera.pose };
    this.#renderer = new PitchRenderer(this.look, seed, { width, height });
    this.#bytes = new Uint8Array(this.#renderer.canvas.pixels.buffer);
    const random = new Random(seed, 6);
    this.#figures = this.match.people.map((person) => {
      const body = personLook(random);
      const keeper = person.role === "keeper";
      const kit = person.team === null
        ? this.look.officials
        : (keeper ? this.look.keepers : this.look.teams)[person.team];
      const number = person.team === null ? 0 : ((person.id - 1) % 11) + 1;
      return new Figure(body, kit, number, keeper);
    });
    this.#before = this.match.people.map(() => emptyPose());
    this.#remember();
    this.#remember();
  }

  next(): SceneFrame<PitchTruth> {
    return this.later()();
  }

  later(): () => SceneFrame<PitchTruth> {
    const moment = this.#advance();
    this.#frame++;
    return () => this.#render(moment);
  }

  skip(): void {
    this.#events = this.#advance().events;
    this.#frame++;
  }

  /** Lets the world run up to the next frame, and takes down how it stands then. */
  #advance(): Moment {
    const time = this.#frame / this.fps;
    while (this.#ticks * TICK <= time) {
      this.match.people.forEach((person, i) => person.writePose(this.#before[i]));
      this.match.tick();
      this.#ticks++;
      this.#events.push(...this.match.events.map((event) => ({ ...event, pitch: place(...event.pitch) })));
      this.#remember();
      this.#follow();
    }
    const share = (time - (this.#ticks - 1) * TICK) / TICK;
    const events = this.#events;
    this.#events = [];
    return {
      frame: this.#frame,
      time,
      poses: this.match.people.map((person, i) => person.poseBetween(this.#before[i], share)),
      ball: this.#ballAt(share),
      camera: this.#camera.poseBetween(this.#cameraBefore, share),
      events,
    };
  }

  #render({ frame, time, poses, ball, camera, events }: Moment): SceneFrame<PitchTruth> {
    const { width, height } = this;
    const hidden = (id: number) => this.options.hidden?.includes(id) ?? false;
    const people = this.match.people.map((person, i) => ({ person, figure: this.#figures[i], pose: poses[i] }))
      .filter(({ person }) => !hidden(person.id));
    const drift = this.#camera.drift(time);
    const seen = this.#renderer.render({
      actors: people,
      ball: hidden(BALL_ID) ? undefined : ball,
      camera,
      drift,
      frame,
    });
    const objects: PitchObject[] = [];
    people.forEach(({ person, pose }, i) => {
      const kind = person.team === null ? "referee" : person.role === "keeper" ? "goalkeeper" : "player";
      this.#add(objects, seen[i], { id: person.id, class: kind, team: person.team, pitch: place(pose.x, pose.y) });
    });
    const inAir = { pitch: place(ball.x, ball.y), z: round(ball.z, 3) };
    this.#add(objects, seen[people.length], { id: BALL_ID, class: "ball", team: null, ...inAir });
    const ptsUs = framePtsUs(frame, this.fps);
    const homography = this.#renderer.projection.homography();
    const truth = { frame, ptsUs, width, height, objects, camera: { homography }, events };
    return { ptsUs, pixels: this.#bytes, truth };
  }

  #follow(): void {
    const { ball, restart } = this.match;
    // Near a goal the operator comes closer; while play rests, closer still to whoever takes it.
    const end = Math.min(ball.x, PITCH_LENGTH - ball.x);
    const wanted = restart && restart.elapsed > 1.5 ? 1.14 : end < 22 ? 1.07 : 1;
    this.#tight += (wanted - this.#tight) * 0.02;
    const fast = Math.min(1, 12 / Math.max(1, Math.hypot(ball.vx, ball.vy)));
    const at = { x: ball.x, y: ball.y, vx: ball.vx * fast, vy: ball.vy * fast, tight: this.#tight };
    this.#cameraBefore = { ...this.#camera.pose };
    this.#camera.follow(at, this.#ticks * TICK, TICK);
  }

  #remember(): void {
    const { x, y, z, roll } = this.match.ball;
    this.#ballTrail.push({ x, y, z, roll });
    if (this.#ballTrail.length > 3) this.#ballTrail.shift();
  }

  /** The ball between the last two ticks, and where it was when the shutter opened, half a tick earlier. */
  #ballAt(share: number): BallView {
    const trail = this.#ballTrail;
    const at = (position: number) => {
      const index = Math.max(0, Math.min(trail.length - 2, Math.floor(position)));
      const part = position - index;
      const a = trail[index], b = trail[index + 1];
      return { x: a.x + (b.x - a.x) * part, y: a.y + (b.y - a.y) * part, z: a.z + (b.z - a.z) * part };
    };
    const now = at(trail.length - 2 + share);
    const open = at(trail.length - 2 + share - 0.5);
    return { ...now, fromX: open.x, fromY: open.y, fromZ: open.z, roll: trail[trail.length - 1].roll };
  }

  #add(objects: PitchObject[], seen: Seen | undefined, object: Omit<PitchObject, "box" | "visible">): void {
    if (!seen) return;
    const left = Math.max(0, seen.box[0]), top = Math.max(0, seen.box[1]);
    const right = Math.min(this.width, seen.box[2]), bottom = Math.min(this.height, seen.box[3]);
    if (right - left < 0.5 || bottom - top < 0.5) return;
    const x = round(left, 2), y = round(top, 2);
    objects.push({
      id: object.id,
      class: object.class,
      team: object.team,
      box: [x, y, round(right - x, 2), round(bottom - y, 2)],
      visible: round(Math.min(1, seen.visible), 3),
      pitch: object.pitch,
      ...(object.z === undefined ? {} : { z: object.z }),
    });
  }
}

/** Creates a match: the same seed, size and rate give the same pictures and the same truth. */
export function createPitchScene(options: PitchSceneOptions): PitchScene {
  return new PitchScene(options);
}

function place(x: number, y: number): [x: number, y: number] {
  return [round(x, 3), round(y, 3)];
}

function round(value: number, digits: number): number {
  const unit = 10 ** digits;
  return Math.round(value * unit) / unit;
}

function emptyPose(): Pose {
  return { x: 0, y: 0, heading: 0, speed: 0, gait: 0, dive: 0, kick: 9, armsUp: 0 };
}
