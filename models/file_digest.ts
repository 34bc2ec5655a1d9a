import { createHash } from "node:crypto";

/** The SHA-256 of a file, in hexadecimal. */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash("sha256");
  using handle = await Deno.open(file);
  const chunk = new Uint8Array(1 << 20);
  for (let got; (got = await handle.read(chunk)) !== null;) hash.update(chunk.subarray(0, got));
  return hash.digest("hex");
}
