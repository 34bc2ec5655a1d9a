/** Says that a test does not run here, and for want of what; answers what goes into its `ignore`. */
export function skip(name: string, unless: boolean, wants: string): boolean {
  if (!unless) Deno.stderr.writeSync(new TextEncoder().encode(`skipped: "${name}" wants ${wants}\n`));
  return !unless;
}
