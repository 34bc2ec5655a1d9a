/** How steady a visit must be. */
export interface VisitOptions {
  /** Inside for so long, and it counts. */
  enterMs: number;
  /** Outside for so long, and it is over. */
  leaveMs: number;
  /** Out of sight for so long, and it is over, too. */
  lostMs: number;
}

/** Somebody came or went. */
export interface VisitEvent {
  type: "enter" | "leave";
  track: number;
  label: string;
  /** How long it was there, seconds; of those who left. */
  dwellS?: number;
}

interface Visitor {
  label: string;
  sinceMs: number;
  seenMs: number;
  /** Since when it is seen outside. */
  outMs?: number;
  entered: boolean;
}

/** More are not followed in one zone at once. */
const VISITORS_MAX = 1000;

/** Who is in one zone, since when, and how many there were. */
export class Visits {
  /** Came so far; always those who are there and those who left together. */
  entered = 0;
  left = 0;
  #dwellMs = 0;
  #visitors = new Map<number, Visitor>();

  constructor(private readonly options: VisitOptions) {}

  /** Notes where a track is in this frame. */
  see(track: number, { label, inside, nowMs }: { label: string; inside: boolean; nowMs: number }): void {
    const visitor = this.#visitors.get(track);
    if (!visitor) {
      if (!inside || this.#visitors.size >= VISITORS_MAX) return;
      this.#visitors.set(track, { label, sinceMs: nowMs, seenMs: nowMs, entered: false });
      return;
    }
    visitor.label = label;
    visitor.seenMs = nowMs;
    if (inside) visitor.outMs = undefined;
    else if (visitor.entered) visitor.outMs ??= nowMs;
    // It only flickered over the edge.
    else this.#visitors.delete(track);
  }

  /** Closes a frame: answers who came and who went. */
  settle(nowMs: number): VisitEvent[] {
    const { enterMs, leaveMs, lostMs } = this.options;
    const events: VisitEvent[] = [];
    for (const [track, visitor] of this.#visitors) {
      const { label, sinceMs, seenMs, outMs } = visitor;
      if (!visitor.entered && seenMs === nowMs && nowMs - sinceMs >= enterMs) {
        visitor.entered = true;
        this.entered++;
        events.push({ type: "enter", track, label });
      }
      if (outMs !== undefined && seenMs === nowMs && nowMs - outMs >= leaveMs) events.push(this.#end(track, outMs));
      else if (nowMs - seenMs > lostMs) {
        if (visitor.entered) events.push(this.#end(track, outMs ?? seenMs));
        else this.#visitors.delete(track);
      }
    }
    return events;
  }

  /** Nobody is known any more: whoever was there has left. */
  clear(): VisitEvent[] {
    const events = [...this.#visitors].flatMap(([track, { entered, outMs, seenMs }]) =>
      entered ? [this.#end(track, outMs ?? seenMs)] : []
    );
    this.#visitors.clear();
    return events;
  }

  /** Who is there, longest first, and since when. */
  present(): { track: number; sinceMs: number }[] {
    return [...this.#visitors].flatMap(([track, { entered, sinceMs }]) => entered ? [{ track, sinceMs }] : [])
      .sort((a, b) => a.sinceMs - b.sinceMs);
  }

  /** How long those who left were there, on average; undefined while nobody has left. */
  get meanMs(): number | undefined {
    return this.left === 0 ? undefined : this.#dwellMs / this.left;
  }

  #end(track: number, untilMs: number): VisitEvent {
    const { label, sinceMs } = this.#visitors.get(track)!;
    this.#visitors.delete(track);
    this.left++;
    this.#dwellMs += untilMs - sinceMs;
    return { type: "leave", track, label, dwellS: Math.round(untilMs - sinceMs) / 1000 };
  }
}
