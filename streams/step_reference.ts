/** An earlier step, and which of what it found. */
export interface StepReference {
  step: string;
  /** Only detections with this label; default all. */
  label?: string;
}

/** What `detect` or `detect.person` means among the steps of these names; undefined when there is no such step. */
export function stepReference(on: string, names: readonly string[]): StepReference | undefined {
  if (names.includes(on)) return { step: on };
  // Names may have dots of their own.
  const [step] = names.filter((name) => on.startsWith(`${name}.`)).sort((a, b) => b.length - a.length);
  return step === undefined || on.length === step.length + 1 ? undefined : { step, label: on.slice(step.length + 1) };
}
