/** Writes text and a line feed to standard output, all of it. */
export function print(text: string): void {
  printTo(Deno.stdout, text);
}

/** Writes text and a line feed to standard error, all of it. */
export function complain(text: string): void {
  printTo(Deno.stderr, text);
}

function printTo(out: Pick<typeof Deno.stdout, "writeSync">, text: string): void {
  const bytes = new TextEncoder().encode(text + "\n");
  for (let sent = 0; sent < bytes.length;) sent += out.writeSync(bytes.subarray(sent));
}
