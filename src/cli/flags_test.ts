import assert from "node:assert/strict";
import { type Command, parseFlags } from "./flags.ts";
import { helpPage } from "./help.ts";
import { suggest } from "./suggest.ts";
import { UsageError } from "./usage_error.ts";

const FLAGS = {
  model: { type: "string", multiple: true, value: "MODEL", description: "what to run" },
  every: { type: "number", integer: true, min: 1, description: "every nth" },
  share: { type: "number", min: 0, max: 1, description: "a share" },
  mode: { type: "string", choices: ["latest", "block"], description: "how" },
  quiet: { type: "boolean", description: "say less" },
} as const;
const COMMAND: Command<typeof FLAGS> = {
  name: "try",
  summary: "tries something",
  usage: "THING [options]",
  flags: FLAGS,
  examples: [["weir try it", "tries it"]],
};

const parse = (...args: string[]) => parseFlags(COMMAND, args);

function refuses(args: string[], message: string): void {
  assert.throws(() => parse(...args), (error) => error instanceof UsageError && error.message === message);
}

Deno.test("options are read in both spellings, between positionals, and repeated ones gather", () => {
  const parsed = parse("a", "--model", "x", "--every=3", "b", "--model=y=z", "--quiet", "--", "--mode");
  assert.deepEqual(parsed, {
    flags: { model: ["x", "y=z"], every: 3, quiet: true },
    positionals: ["a", "b", "--mode"],
    help: false,
  });
  assert.deepEqual(parse("-", "-h"), { flags: {}, positionals: ["-"], help: true });
});

Deno.test("a value may be negative, and zero is a value", () => {
  assert.equal(parse("--share", "0").flags.share, 0);
  refuses(["--share", "-1"], 'Option --share wants a number from 0 to 1, not "-1"');
});

Deno.test("an option that does not fit is refused with what would", () => {
  refuses(["--modle", "x"], "Unknown option --modle of weir try; did you mean --model?");
  refuses(["-m", "x"], "Unknown option -m of weir try");
  refuses(["--constructor"], "Unknown option --constructor of weir try");
  refuses(["--model"], "Option --model wants a value: --model MODEL");
  refuses(["--model", "--quiet"], "Option --model wants a value: --model MODEL");
  refuses(["--every", "1.5"], 'Option --every wants a whole number of at least 1, not "1.5"');
  refuses(["--every="], 'Option --every wants a whole number of at least 1, not ""');
  refuses(["--mode", "latset"], 'Option --mode wants one of latest, block, not "latset"; did you mean latest?');
  refuses(["--quiet=no"], "Option --quiet takes no value");
  refuses(["--every", "1", "--every", "2"], "Option --every is given twice");
});

Deno.test("a suggestion is made for what is near and withheld for what is not", () => {
  const commands = ["run", "scene", "models", "bench", "doctor", "version"];
  assert.equal(suggest("dcotor", commands), "doctor");
  assert.equal(suggest("model", commands), "models");
  assert.equal(suggest("rnu", commands), "run");
  assert.equal(suggest("ver", commands), "version");
  assert.equal(suggest("serve", commands), undefined);
  assert.equal(suggest("x", commands), undefined);
});

Deno.test("a help page names every option and example and keeps to the page's width", () => {
  const page = helpPage(COMMAND);
  for (const name of Object.keys(FLAGS)) assert.match(page, new RegExp(`--${name}\\b`));
  assert.match(page, /weir try THING \[options\]/);
  assert.match(page, /may be repeated/);
  assert.ok(page.split("\n").every((line) => line.length <= 100));
});
