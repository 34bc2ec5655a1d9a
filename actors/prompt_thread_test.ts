import assert from "node:assert/strict";
import { turnNs } from "./prompt_thread.ts";

const IMPORT = `import { patientThread, promptThread, turnNs } from ${
  JSON.stringify(import.meta.resolve("./prompt_thread.ts"))
};`;

Deno.test({
  name: "a prompt thread has shorter turns than others, and a patient one the usual ones",
  // Elsewhere the system tells nothing, and there is nothing to ask it for.
  ignore: turnNs() === undefined,
  async fn() {
    const code = `${IMPORT}
      // Whoever began this program may have been prompt.
      patientThread();
      const usual = turnNs();
      promptThread();
      const prompt = turnNs();
      patientThread();
      console.log(prompt, turnNs() === usual);
    `;
    assert.equal(await output(code, ["--allow-ffi"]), "100000n true");
  },
});

Deno.test("without the permission to call the C library nothing changes and nothing fails", async () => {
  const code = `${IMPORT}
    promptThread();
    patientThread();
    console.log("went on");
  `;
  assert.equal(await output(code, []), "went on");
});

/** What a program of its own prints: how this one's threads take turns is none of a test's business. */
async function output(code: string, permissions: readonly string[]): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-check", "--quiet", ...permissions, "-"],
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  });
  await using process = command.spawn();
  const printed = new Response(process.stdout).text();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(code));
  await writer.close();
  return (await printed).trim();
}
