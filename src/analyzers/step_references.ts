/** That a step looks at an earlier one. */
export interface StepReference {
  /** The earlier step's name, or `step.label`. */
  to: string;
  /** Of its output, what is looked at. */
  key?: string;
  /** Where in the options it is named. */
  path: (string | number)[];
}

/** `detect.person`; a label such as `St. Bernard` is none. */
const STEP_AND_LABEL = /^[A-Za-z0-9][A-Za-z0-9._-]*\.[^\s.]/;

/** The steps that `on` and `of` name, which mean the same wherever an analyzer has them. */
export function referencesIn({ on, of }: { on?: unknown; of?: unknown }): StepReference[] {
  const selectors = of === undefined ? [] : [of].flat();
  return [
    ...(typeof on === "string" ? [{ to: on, path: ["on"] }] : []),
    ...selectors.flatMap((selector, index): StepReference[] =>
      typeof selector === "string" && STEP_AND_LABEL.test(selector)
        ? [{ to: selector, path: Array.isArray(of) ? ["of", index] : ["of"] }]
        : []
    ),
  ];
}
