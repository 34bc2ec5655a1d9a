import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { parseRegistration } from "../../config/schema.ts";
import { parseFlags } from "../../src/cli/flags.ts";
import { runHelp } from "../../src/cli/run_flags.ts";
import { planRun } from "../../src/cli/run_plan.ts";
import { weir } from "../support/command_line.ts";
import { inDirectory } from "../support/in_directory.ts";
import { succeeds } from "../support/python_env.ts";
import { ServedWeir } from "../support/served_weir.ts";
import { skip } from "../support/skip.ts";
import { commandsOf, snippetsOf } from "../support/snippets.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const DOCUMENTS = ["README.md", "CONTRIBUTING.md", "SECURITY.md", ...markdownIn("docs")];
const texts = new Map(DOCUMENTS.map((name) => [name, Deno.readTextFileSync(join(ROOT, name))]));
const snippets = [...texts].flatMap(([name, text]) => snippetsOf(name, text));
const commands = snippets.filter(({ kind }) => kind === "sh")
  .flatMap(({ document, text }) => commandsOf(text).map((command) => ({ document, command })));

/** Commands that cannot be tried here, and what looks at what they concern instead. */
const NOT_HERE: readonly [RegExp, string][] = [
  [/^docker /, "no Docker engine: containers_test.ts"],
  [/^(?:sudo )?(?:systemctl|journalctl|loginctl|install) /, "no systemd: cli_service_test.ts verifies the unit"],
  [/^export WEIR_TOKEN=\$\(openssl rand -hex 16\)$/, "a line for people's own shell"],
];

/** Programs of the repository; examples_test.ts and ingest_examples_test.ts run those of examples/. */
const SCRIPT = /^(?:deno run -A|node|python3?|sh) ((?:scripts|examples)\/[\w./]+)/;

function markdownIn(folder: string): string[] {
  return [...Deno.readDirSync(join(ROOT, folder))].map(({ name }) => name).filter((name) => name.endsWith(".md"))
    .sort().map((name) => `${folder}/${name}`);
}

/** The words of a command as a shell sees them, without redirections and what it is piped into. */
async function wordsOf(command: string): Promise<string[]> {
  const bare = command.replace(/\s(?:[|>]|2>).*$/, "");
  const { stdout } = await new Deno.Command("bash", { args: ["-c", `printf '%s\\0' ${bare}`] }).output();
  return new TextDecoder().decode(stdout).split("\0").slice(0, -1);
}

Deno.test("every command of the documents is tried, or it is said why not", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  assert.ok(commands.length > 50, "the documents have lost their commands");
  for (const { document, command } of commands) {
    const where = `${document}: ${command}`;
    if (NOT_HERE.some(([pattern]) => pattern.test(command)) || /^curl /.test(command)) continue;
    const task = /^(?:npx -y deno@2\.9\.6|deno) task ([\w:]+)/.exec(command)?.[1];
    const script = SCRIPT.exec(command)?.[1];
    const own = command.replace(/^(?:[A-Z_]+='[^']*' )?(?:sudo )?(?:\.\/dist\/weir-linux-x64|weir) /, "weir ");
    if (task) assert.ok(Object.hasOwn(tasks, task), where);
    else if (script) assert.ok(existsSync(join(ROOT, script)), where);
    else if (own.startsWith("weir ")) await tryOwn(own, where);
    else assert.fail(`Nobody tries this command: ${where}`);
  }
});

async function tryOwn(command: string, where: string): Promise<void> {
  const [, name, ...args] = await wordsOf(command);
  if (name === "run" && !args.includes("--plugin")) {
    const { positionals, flags } = parseFlags(runHelp, args);
    assert.equal((await planRun(positionals, flags)).streams.length, 1, where);
  } else if (name === "run") {
    const end = await weir("run", ...args.map((arg) => existsSync(join(ROOT, arg)) ? join(ROOT, arg) : arg), "--quiet");
    assert.equal(end.code, 0, `${where}\n${end.stderr}`);
    assert.match(end.stdout, /"type":"result"/, where);
  } else {
    const { code, stderr } = await weir(name, ...args, "--help");
    assert.equal(code, 0, `${where}\n${stderr}`);
  }
}

const curled = "every request of the documents is answered by a server, in their order";
Deno.test({
  name: curled,
  ignore: skip(curled, await succeeds("curl", "--version"), "curl"),
  fn: () =>
    inDirectory(async (cwd) => {
      await using served = await ServedWeir.start({ flags: ["--demo"] });
      await served.firstResult();
      const requests = commands.filter(({ command }) => command.startsWith("curl "));
      assert.ok(requests.length >= 10, "the documents have lost their requests");
      for (const { document, command } of requests) {
        // The address of the server, and a model that is here; cameras that are not are tried again until they are.
        const here = command.replaceAll("http://127.0.0.1:8080", served.url).replaceAll("yolo11n.onnx", "weir-pitch");
        const endless = /\s-N\s/.test(command);
        const script = `${here} -sS -w '\\n%{http_code}' --max-time ${endless ? 4 : 60}`;
        const { stdout, stderr } = await new Deno.Command("bash", { args: ["-c", script], cwd, stdin: "null" })
          .output();
        const said = new TextDecoder().decode(stdout);
        assert.match(said, /\n20\d$/, `${document}: ${command}\n${said}${new TextDecoder().decode(stderr)}`);
      }
      assert.ok((await Deno.stat(join(cwd, "now.jpg"))).size > 1000);
    }),
});

Deno.test("every configuration and every registration of the documents fits", () => {
  let fitted = 0;
  for (const { document, kind, text } of snippets) {
    if (kind !== "yaml" && kind !== "json") continue;
    const value = kind === "yaml" ? parse(text) : JSON.parse(text);
    const streams = Array.isArray(value?.streams) ? value.streams : value?.source ? [value] : [];
    for (const stream of streams) {
      assert.ok(parseRegistration(stream).id, document);
      fitted++;
    }
  }
  assert.ok(fitted >= 4, "the documents have lost their configurations");
});

Deno.test("every link within the repository leads somewhere", () => {
  for (const [name, text] of texts) {
    for (const [, link] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)|<img\s+src="([^"]+)"/g)) {
      if (link === undefined || /^[a-z]+:/.test(link)) continue;
      assert.ok(existsSync(join(ROOT, dirname(name), link)), `${name} links to ${link}`);
    }
  }
});
