/** How a network's numbers become probabilities; `auto` looks at the numbers. */
export const ACTIVATIONS = ["none", "softmax", "sigmoid", "exp", "auto"] as const;

/** One of {@link ACTIVATIONS}. */
export type Activation = (typeof ACTIVATIONS)[number];

/** Operations that move numbers about and leave them as they are. */
export const MOVES: ReadonlySet<string> = new Set([
  "Reshape",
  "Flatten",
  "Squeeze",
  "Unsqueeze",
  "Identity",
  "Cast",
  "Transpose",
]);

/** Makes probabilities of the numbers, in place. */
export function activate(scores: Float64Array, activation: Activation): void {
  if (activation === "none") return;
  if (activation === "sigmoid") {
    for (let i = 0; i < scores.length; i++) scores[i] = 1 / (1 + Math.exp(-scores[i]));
    return;
  }
  if (activation === "exp") {
    for (let i = 0; i < scores.length; i++) scores[i] = Math.exp(scores[i]);
    return;
  }
  const sum = scores.reduce((total, score) => total + score, 0);
  if (activation === "auto" && Math.abs(sum - 1) < 1e-2 && scores.every((score) => score >= 0)) return;
  const most = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  let total = 0;
  for (let i = 0; i < scores.length; i++) total += scores[i] = Math.exp(scores[i] - most);
  for (let i = 0; i < scores.length; i++) scores[i] /= total;
}
