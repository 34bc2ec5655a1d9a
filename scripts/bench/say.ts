/** Tells on standard error how far a measurement is; standard output is for its result. */
export function say(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}
