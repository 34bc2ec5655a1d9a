import assert from "node:assert/strict";
import { spawnWeir, weir } from "../support/command_line.ts";

const COMMANDS =
  "run serve upload scene models capture export eval bench doctor service completions man licences version"
    .split(" ");

Deno.test("the overview names every command, and every command explains itself with examples", async () => {
  const overview = await weir("help");
  assert.equal(overview.code, 0);
  for (const command of COMMANDS) assert.match(overview.stdout, new RegExp(`^  ${command} `, "m"));
  assert.deepEqual((await weir("--help")).stdout, overview.stdout);
  const pages = await Promise.all(COMMANDS.map((command) => weir(command, "--help")));
  pages.forEach(({ code, stdout, stderr }, index) => {
    const command = COMMANDS[index];
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" }, command);
    assert.match(stdout, new RegExp(`weir ${command}`), command);
    assert.match(stdout, /^Examples:$/m, command);
    assert.ok(stdout.split("\n").every((line) => line.length <= 120), command);
  });
  assert.equal((await weir("help", "run")).stdout, pages[0].stdout);
});

Deno.test("a command line that cannot be carried out is answered with what was meant, and code 2", async () => {
  const told = async (...args: string[]) => {
    const { code, stdout, stderr } = await weir(...args);
    assert.deepEqual({ code, stdout }, { code: 2, stdout: "" }, args.join(" "));
    return stderr;
  };
  assert.match(await told("dcotor"), /Unknown command dcotor; did you mean weir doctor\?/);
  assert.match(await told("--quite"), /Unknown option --quite/);
  assert.match(
    await told("run", "a.mp4", "--modle", "x"),
    /Unknown option --modle of weir run; did you mean --model\?/,
  );
  assert.match(await told("run"), /wants a source.*\nTry: weir help run\n$/);
  assert.match(await told("run", "scene:ptch"), /^weir: .*there is no such scene; did you mean pitch\?\nTry/);
  assert.match(await told("run", "rtsp://"), /^weir: Cannot use the source rtsp: url: must be an address .*\nTry/);
  assert.match(await told("run", "a.mp4", "--fps", "fast"), /--fps wants a number/);
  assert.match(await told("doctor", "--jsn"), /did you mean --json\?/);
  assert.match(await told(), /Usage:/);
});

Deno.test("the version is told, for people and for tools", async () => {
  const { code, stdout } = await weir("--version");
  assert.equal(code, 0);
  assert.match(stdout, /^weir \d+\.\d+\.\d+$/m);
  assert.match(stdout, /^ffmpeg \d+/m);
  const tools = JSON.parse((await weir("version", "--json")).stdout);
  assert.equal(tools.deno, Deno.version.deno);
  assert.ok(stdout.includes(`onnxruntime ${tools.onnxruntime}`));
});

Deno.test("the doctor finds what is there, says how to fix the rest, and answers tools in JSON", async () => {
  const { code, stdout } = await weir("doctor", "--json", "rtsp://user:secret@camera/main");
  const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: Record<string, string>[] };
  assert.equal(code, ok ? 0 : 1);
  const named = (name: string) => checks.find((check) => check.name === name);
  for (const name of ["Deno", "FFmpeg", "decoders", "ONNX Runtime", "cores", "memory", "open files", "cache folder"]) {
    assert.ok(named(name), name);
  }
  assert.equal(named("FFmpeg")!.status, "ok");
  assert.equal(named("decoders")!.status, "ok");
  assert.match(named("memory of source-1")!.detail, /at most .+ at 720p, .+ at 1080p, .+ at 4K/);
  assert.ok(checks.every(({ status, fix }) => status !== "fail" || fix), stdout);
  assert.ok(!stdout.includes("secret"));
  const people = await weir("doctor");
  assert.match(people.stdout, /^ok +FFmpeg +\d/m);
  assert.match(people.stdout, /\d+ ok, \d+ to look at, \d+ broken\n$/);
});

Deno.test("the doctor reports a folder that cannot be written and says what to do", async () => {
  const folder = await Deno.makeTempFile();
  try {
    const child = spawnWeir(["doctor"], { WEIR_CACHE_DIR: `${folder}/under-a-file` });
    const { code, stdout } = await child.output();
    assert.equal(code, 1);
    assert.match(new TextDecoder().decode(stdout), /^fail +cache folder .*cannot be written\n +.*WEIR_CACHE_DIR/m);
  } finally {
    await Deno.remove(folder);
  }
});

Deno.test("the doctor computes the memory bound of a configuration, and refuses a faulty one by its path", async () => {
  const config = await Deno.makeTempFile({ suffix: ".yaml" });
  try {
    const stream = "streams:\n  - id: gate\n    source: { kind: rtsp, url: 'rtsp://10.0.0.7/main' }\n";
    await Deno.writeTextFile(config, stream);
    assert.match((await weir("doctor", "--config", config)).stdout, /^ok +memory of gate +at most/m);
    await Deno.writeTextFile(config, `${stream}    policy: { fps: 0 }\n`);
    const { code, stdout } = await weir("doctor", "--config", config);
    assert.equal(code, 1);
    assert.match(stdout, /streams\[0\]\.policy\.fps: /);
  } finally {
    await Deno.remove(config);
  }
});
