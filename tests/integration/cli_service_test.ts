import assert from "node:assert/strict";
import { weir, weirCommand } from "../support/command_line.ts";
import { inDirectory } from "../support/in_directory.ts";
import { succeeds } from "../support/python_env.ts";
import { skip } from "../support/skip.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const words = async (...args: string[]) => {
  const { code, stdout, stderr } = await weir(...args);
  assert.equal(code, 0, stderr);
  return stdout;
};

Deno.test("the unit that is packaged is the one that weir service writes", async () => {
  const made = await words(
    ..."service install --print --executable /usr/local/bin/weir --config /etc/weir/weir.yaml".split(" "),
  );
  const kept = await Deno.readTextFile(new URL("../../packaging/systemd/weir.service", import.meta.url));
  assert.equal(kept, made, "weir service install --print … > packaging/systemd/weir.service");
});

const verified = "systemd finds no fault with either unit, and little to attack";
Deno.test({
  name: verified,
  ignore: skip(verified, await succeeds("systemd-analyze", "--version"), "systemd-analyze"),
  fn: () =>
    inDirectory(async (directory) => {
      for (const who of [["--user"], []]) {
        const unit = await words("service", "install", "--print", "--executable", "/bin/true", ...who);
        await Deno.writeTextFile(`${directory}/weir.service`, unit);
        const args = [...who, "verify", `${directory}/weir.service`];
        const { code, stderr } = await new Deno.Command("systemd-analyze", {
          args,
          env: { XDG_RUNTIME_DIR: directory },
        })
          .output();
        assert.deepEqual([code, text(stderr)], [0, ""]);
      }
      const args = ["security", "--offline=true", "--threshold=25", `${directory}/weir.service`];
      const { success, stdout } = await new Deno.Command("systemd-analyze", { args, stderr: "null" }).output();
      assert.ok(success, text(stdout));
    }),
});

const called = "the unit's filter lets through what a server calls while it decodes and infers";
Deno.test({
  name: called,
  ignore: skip(
    called,
    await succeeds("strace", "-o", "/dev/null", "true") && await succeeds("systemd-analyze", "--version"),
    "strace, and systemd-analyze",
  ),
  fn: () =>
    inDirectory(async (directory) => {
      const unit = await words("service", "install", "--print");
      const [taken, left] = [...unit.matchAll(/^SystemCallFilter=~?(.*)$/gm)].map(([, groups]) => groups.split(" "));
      const allowed = await callsOf(taken);
      for (const call of await callsOf(left)) allowed.delete(call);
      const [program, ...args] = weirCommand(["run", "scene:pitch", "--duration", "5", "--quiet"]);
      const trace = `${directory}/trace`;
      const { code } = await new Deno.Command("strace", { args: ["-f", "-o", trace, program, ...args], stdout: "null" })
        .output();
      assert.equal(code, 0);
      const used = [...(await Deno.readTextFile(trace)).matchAll(/^\d+ +([a-z_0-9]+)\(/gm)].map(([, call]) => call);
      assert.ok(used.length > 1000);
      // SQLite gives its files to their folder's owner, but only as root, which the service is not.
      if (Deno.uid() === 0) allowed.add("fchown");
      assert.deepEqual([...new Set(used)].filter((call) => !allowed.has(call)), []);
    }),
});

/** The calls of groups such as `@system-service`, and of the groups in these. */
async function callsOf(groups: readonly string[]): Promise<Set<string>> {
  const calls = new Set<string>();
  for (const group of groups) {
    const args = ["syscall-filter", group];
    const { stdout } = await new Deno.Command("systemd-analyze", { args, stderr: "null" }).output();
    const lines = text(stdout).split("\n").slice(1).map((line) => line.trim()).filter((line) => /^[@a-z]/.test(line));
    for (const call of lines.filter((line) => !line.startsWith("@"))) calls.add(call);
    for (const call of await callsOf(lines.filter((line) => line.startsWith("@")))) calls.add(call);
  }
  return calls;
}

Deno.test("a unit is written, kept from being overwritten, told of, and removed; nothing is started", () =>
  inDirectory(async (directory) => {
    const place = ["--units-dir", `${directory}/units`];
    assert.equal((await weir("service", "status", ...place)).code, 1);
    const said = await words("service", "install", ...place, "--executable", "/opt/my weir");
    assert.match(said, /Nothing runs yet[\s\S]*systemctl enable --now weir/);
    const unit = await Deno.readTextFile(`${directory}/units/weir.service`);
    assert.match(unit, /^ExecStart="\/opt\/my weir" serve --no-parent$/m);
    await words("service", "install", ...place, "--executable", "/opt/my weir");
    const other = await weir("service", "install", ...place, "--executable", "/opt/other");
    assert.equal(other.code, 2);
    assert.match(other.stderr, /is there already and says something else; --force/);
    await words("service", "install", ...place, "--executable", "/opt/other", "--force");
    assert.match(await words("service", "status", ...place), /^unit +\/.*weir\.service$/m);
    assert.match(await words("service", "uninstall", ...place), /^Removed/);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(`${directory}/units`)), []);
    assert.equal((await weir("service", "remove", ...place)).code, 2);
  }));

Deno.test("weir licences tells of every package that is installed, and has the texts", async () => {
  const told = await words("licences");
  assert.match(told, /Source offer[\s\S]*^ {2}node-av \d\S+: MIT$/m);
  assert.match(told, /^ {2}zod \d\S+: MIT$/m);
  assert.match(await words("licences", "--gpl"), /GNU GENERAL PUBLIC LICENSE\s+Version 3/);
  assert.match(await words("licences", "--full"), /Permission is hereby granted/);
});

Deno.test("completions know every command, and every option that its help tells", async () => {
  const options = [...(await words("help", "run")).matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, option]) => option);
  assert.ok(options.length > 10);
  for (const shell of ["bash", "zsh", "fish"]) {
    const script = await words("completions", shell);
    for (const option of options) {
      assert.ok(script.includes(shell === "fish" ? `-l ${option.slice(2)}` : option), `${shell}: ${option}`);
    }
    if (!await succeeds(shell, "--version")) continue;
    const check = new Deno.Command(shell, { args: ["-n"], stdin: "piped", stderr: "piped" }).spawn();
    const writer = check.stdin.getWriter();
    await writer.write(new TextEncoder().encode(script));
    await writer.close();
    const { success, stderr } = await check.output();
    assert.ok(success, `${shell}: ${text(stderr)}`);
  }
});

Deno.test("bash completes commands, options, verbs and what help is asked for", async () => {
  const script = await words("completions", "bash");
  const complete = async (...typed: string[]) => {
    const ask = `COMP_WORDS=(${typed.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${typed.length - 1}; _weir`;
    const args = ["-c", `${script}\n${ask}; printf '%s\\n' "\${COMPREPLY[@]}"`];
    const { stdout, stderr } = await new Deno.Command("bash", { args }).output();
    assert.equal(text(stderr), "");
    return text(stdout).trim().split("\n");
  };
  assert.deepEqual(await complete("weir", "ser"), ["serve", "service"]);
  assert.deepEqual(await complete("weir", "help", "doc"), ["doctor"]);
  assert.deepEqual(await complete("weir", "run", "--mod"), ["--model", "--mode"]);
  assert.ok((await complete("weir", "models", "ins")).includes("inspect"));
});

const page = "man finds no fault with the page, which has every command";
Deno.test({
  name: page,
  ignore: skip(page, await succeeds("man", "--version") && await succeeds("groff", "--version"), "man and groff"),
  fn: () =>
    inDirectory(async (directory) => {
      await Deno.writeTextFile(`${directory}/weir.1`, await words("man"));
      const env = { MANWIDTH: "100", LC_ALL: "C.UTF-8" };
      const args = ["--warnings", "-E", "UTF-8", "-l", `${directory}/weir.1`];
      const { success, stdout, stderr } = await new Deno.Command("man", { args, env, stdin: "null" }).output();
      assert.deepEqual([success, text(stderr)], [true, ""]);
      const read = text(stdout);
      for (const [, command] of (await words("help")).matchAll(/^ {2}([a-z]+) {2,}/gm)) {
        assert.match(read, new RegExp(`^ +${command}$`, "m"));
      }
      assert.match(read, /--analyze KIND/);
    }),
});
