import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const MAIN = new URL("./main.ts", import.meta.url);

interface Module {
  specifier: string;
  dependencies?: { code?: { specifier?: string } }[];
}

/** Every file that Deno reads before it runs this one; what only types are taken from is not among them. */
async function readAtStart(module: URL): Promise<string[]> {
  const args = ["info", "--json", "--config", fileURLToPath(new URL("../deno.json", MAIN)), fileURLToPath(module)];
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as { modules: Module[] };
  const known = new Map(modules.map((module) => [module.specifier, module]));
  const read = new Set([module.href]);
  for (const specifier of read) {
    for (const { code } of known.get(specifier)?.dependencies ?? []) if (code?.specifier) read.add(code.specifier);
  }
  return [...read];
}

Deno.test("a command's modules are read when it is called, the server's in its own process alone", async () => {
  const read = [...await readAtStart(MAIN), ...await readAtStart(new URL("./cli/serve.ts", MAIN))];
  assert.ok(read.some((specifier) => specifier.endsWith("/parent/run_supervised.ts")), read.join("\n"));
  const others = read.filter((specifier) => /\/(?:streams|models|src\/(?:api|service|store))\/|^npm:/.test(specifier));
  assert.deepEqual(others, []);
});
