import type { ModelOutput } from "../src/core/results.ts";

/** Feature vectors that are this close say the same. */
const ALIKE = 0.95;

/** Whether two answers say the same: each head, the vector, the best class, or as many of each label. */
export function sameAnswer(a: ModelOutput, b: ModelOutput): boolean {
  if (a.heads || b.heads) {
    const names = Object.keys(a.heads ?? {});
    return names.length === Object.keys(b.heads ?? {}).length &&
      names.every((name) => a.heads![name].classId === b.heads?.[name]?.classId);
  }
  if (a.embedding && b.embedding) return cosine(a.embedding, b.embedding) >= ALIKE;
  if (a.classes || b.classes) return a.classes?.[0]?.classId === b.classes?.[0]?.classId;
  const labels = ({ detections = [] }: ModelOutput) => detections.map(({ label }) => label).sort().join("\n");
  return labels(a) === labels(b);
}

function cosine(a: readonly number[], b: readonly number[]): number {
  let [both, ofA, ofB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    both += a[i] * b[i];
    ofA += a[i] * a[i];
    ofB += b[i] * b[i];
  }
  return both / Math.sqrt(ofA * ofB);
}
