import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { weir } from "../support/command_line.ts";
import { inDirectory } from "../support/in_directory.ts";
import { ServedWeir } from "../support/served_weir.ts";

const CROWDING = fileURLToPath(new URL("../../examples/crowding.ts", import.meta.url));

/** Runs a plugin of this text on the counter scene, and answers how that ended. */
async function run(text: string, ...options: string[]) {
  let end: Awaited<ReturnType<typeof weir>> | undefined;
  await inDirectory(async (directory) => {
    await Deno.writeTextFile(`${directory}/plugin.ts`, text);
    const scene = "scene:counter?seconds=1&pace=fast";
    end = await weir("run", scene, "--plugin", `${directory}/plugin.ts`, "--quiet", ...options);
  });
  return end!;
}

const plugin = (push: string, more = "") => `
  export default { kind: "mine", describe: "a test", ${more}
    create: (options: Record<string, unknown>) => ({ push: (frame: any) => ${push}, reset() {} }) };`;

Deno.test("a plugin is one file: its output is among the others, under its name", async () => {
  const end = await run(plugin("({ wide: frame.width, ...options })"), "--analyze", "mine?a=b");
  assert.equal(end.code, 0, end.stderr);
  const results = end.stdout.trim().split("\n").map((line) => JSON.parse(line)).filter(({ type }) => type === "result");
  assert.ok(results.length > 0);
  for (const { outputs, frame } of results) assert.deepEqual(outputs.mine, { wide: frame.width, a: "b" });
});

Deno.test("a plugin's options are checked by the schema that it brings", async () => {
  const options = `options: { properties: { limit: { type: "number", minimum: 1, default: 5 } } },`;
  const fits = await run(plugin("options", options), "--analyze", "mine");
  assert.match(fits.stdout, /"mine":\{"limit":5\}/);
  for (const [given, complaint] of [["limit=0", /limit/], ["other=1", /other/]] as const) {
    const { code, stderr } = await run(plugin("options", options), "--analyze", `mine?${given}`);
    assert.equal(code, 2, stderr);
    assert.match(stderr, complaint);
  }
});

Deno.test("a file that is no plugin is refused with the reason, before anything starts", async () => {
  const cases: [string, RegExp][] = [
    ["export const a = 1;", /its default export is no \{ kind, describe, options\?, create \}/],
    ["export default { kind: 'No Name', describe: 'x', create() {} };", /small letters, digits and dashes/],
    ["export default { kind: 'track', describe: 'x', create() {} };", /there is an analyzer of that name already/],
    ["throw new Error('I will not');", /I will not/],
    ["this is no code", /Cannot take .*plugin\.ts for a plugin/],
  ];
  for (const [text, complaint] of cases) {
    const { code, stderr, stdout } = await run(text);
    assert.deepEqual([code, stdout], [2, ""], text);
    assert.match(stderr, complaint);
  }
  const missing = await weir("run", "scene:counter", "--plugin", "/nowhere/plugin.ts");
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /Cannot take \/nowhere\/plugin\.ts for a plugin/);
});

Deno.test("while it is asked what it is, a plugin may do nothing; while it runs, it starts no programs", async () => {
  for (
    const deed of ["Deno.readTextFileSync('/etc/passwd')", "Deno.env.get('HOME')", "Deno.writeTextFileSync('x', '')"]
  ) {
    const { code, stderr } = await run(`${deed};${plugin("({})")}`, "--analyze", "mine");
    assert.equal(code, 2, deed);
    assert.match(stderr, /Requires (?:read|env|write) access/);
  }
  const tried = "(() => { try { new Deno.Command('true').outputSync(); return { ran: true }; } " +
    "catch (error: any) { return { ran: false, why: error.name }; } })()";
  const { stdout } = await run(plugin(tried), "--analyze", "mine");
  assert.match(stdout, /"mine":\{"ran":false,"why":"NotCapable"\}/);
  assert.doesNotMatch(stdout, /"ran":true/);
});

Deno.test("the server tells of a plugin and takes streams that name it; without --plugin there is none", async () => {
  const registration = {
    id: "stand",
    source: { kind: "scene", scene: "pitch" },
    pipeline: [{ model: "weir-pitch" }, { analyzer: "crowding", of: "player" }],
  };
  const body = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(registration) };
  {
    await using served = await ServedWeir.start({ flags: ["--plugin", CROWDING] });
    const { analyzers } = await served.json("/api/v1/capabilities");
    const crowding = analyzers.find(({ kind }: { kind: string }) => kind === "crowding");
    assert.equal(crowding.schema.properties.near.default, 60);
    await served.json("/api/v1/streams", body);
    const response = await fetch(`${served.url}/api/v1/streams/stand/events?types=result`);
    let text = "";
    for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
      text += part;
      if (/"crowding":\{"count":\d+/.test(text)) break;
    }
    assert.match(text, /"crowding":\{"count":\d+,"crowded":(?:true|false)/);
  }
  await using plain = await ServedWeir.start();
  await assert.rejects(plain.json("/api/v1/streams", body), /answered 4\d\d: .*no analyzer is called crowding/);
});
