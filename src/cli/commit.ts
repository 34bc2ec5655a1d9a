import { fileURLToPath } from "node:url";

/** Filled in where the program is built into one file. */
declare const WEIR_COMMIT: string | undefined;

/** The commit that this program was made from; undefined where neither the build nor a repository tells. */
export async function commit(): Promise<string | undefined> {
  if (typeof WEIR_COMMIT !== "undefined") return WEIR_COMMIT;
  const git = fileURLToPath(new URL("../../.git/", import.meta.url));
  const read = async (name: string) => (await Deno.readTextFile(`${git}${name}`)).trim();
  try {
    const head = await read("HEAD");
    if (!head.startsWith("ref: ")) return head;
    const ref = head.slice("ref: ".length);
    return await read(ref).catch(async () => {
      const packed = (await read("packed-refs")).split("\n").find((line) => line.endsWith(` ${ref}`));
      return packed?.split(" ")[0];
    });
  } catch {
    return undefined;
  }
}
