/** What does not fit, and where, as a schema's error lists it. */
interface Issues {
  issues: readonly { path: readonly PropertyKey[]; message: string }[];
}

/** What a schema found, in one line: `url: must be an address; fps: must be positive`. */
export function issuesText({ issues }: Issues): string {
  return issues.map(({ path, message }) => path.length === 0 ? message : `${path.join(".")}: ${message}`).join("; ");
}
