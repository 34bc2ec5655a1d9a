/** Boxes that may be detections, as parallel arrays that grow. Corners are in pixels of the model's input. */
export class Candidates {
  count = 0;
  /** x0, y0, x1, y1 of each. */
  corners: Float32Array;
  scores: Float32Array;
  classes: Int32Array;
  /** Where in the model's output each came from. */
  rows: Int32Array;

  constructor(capacity = 128) {
    this.corners = new Float32Array(capacity * 4);
    this.scores = new Float32Array(capacity);
    this.classes = new Int32Array(capacity);
    this.rows = new Int32Array(capacity);
  }

  /** Adds one box. */
  push(x0: number, y0: number, x1: number, y1: number, score: number, classId: number, row: number): void {
    if (this.count === this.scores.length) this.#grow();
    const at = this.count++;
    this.corners[at * 4] = x0;
    this.corners[at * 4 + 1] = y0;
    this.corners[at * 4 + 2] = x1;
    this.corners[at * 4 + 3] = y1;
    this.scores[at] = score;
    this.classes[at] = classId;
    this.rows[at] = row;
  }

  #grow(): void {
    const capacity = this.scores.length * 2;
    const corners = new Float32Array(capacity * 4);
    corners.set(this.corners);
    this.corners = corners;
    const scores = new Float32Array(capacity);
    scores.set(this.scores);
    this.scores = scores;
    const classes = new Int32Array(capacity);
    classes.set(this.classes);
    this.classes = classes;
    const rows = new Int32Array(capacity);
    rows.set(this.rows);
    this.rows = rows;
  }
}

/** How overlapping boxes are thinned out. */
export interface NmsOptions {
  /** Of two boxes of a class that overlap by more than this, the lower score goes; 1 or more keeps both. */
  iou: number;
  maxDetections: number;
}

/** Indexes of the candidates that stay, best first; equal scores in the order in which they were pushed. */
export function nms(candidates: Candidates, { iou, maxDetections }: NmsOptions): number[] {
  const { count, corners, scores, classes } = candidates;
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  order.sort((a, b) => scores[b] - scores[a] || a - b);
  const kept: number[] = [];
  if (iou >= 1) {
    for (let i = 0; i < count && i < maxDetections; i++) kept.push(order[i]);
    return kept;
  }
  const areas = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    areas[i] = (corners[i * 4 + 2] - corners[i * 4]) * (corners[i * 4 + 3] - corners[i * 4 + 1]);
  }
  for (let i = 0; i < count && kept.length < maxDetections; i++) {
    const candidate = order[i];
    if (!suppressed(candidate)) kept.push(candidate);
  }
  return kept;

  function suppressed(candidate: number): boolean {
    const classId = classes[candidate];
    const x0 = corners[candidate * 4];
    const y0 = corners[candidate * 4 + 1];
    const x1 = corners[candidate * 4 + 2];
    const y1 = corners[candidate * 4 + 3];
    const area = areas[candidate];
    for (let i = 0; i < kept.length; i++) {
      const other = kept[i];
      if (classes[other] !== classId) continue;
      const at = other * 4;
      const width = Math.min(x1, corners[at + 2]) - Math.max(x0, corners[at]);
      if (width <= 0) continue;
      const height = Math.min(y1, corners[at + 3]) - Math.max(y0, corners[at + 1]);
      if (height <= 0) continue;
      const inner = width * height;
      if (inner > iou * (area + areas[other] - inner)) return true;
    }
    return false;
  }
}
