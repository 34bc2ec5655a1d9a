import { evalPulseCommand, evalPulseHelp } from "./eval_pulse.ts";
import { evalTrackCommand, evalTrackHelp } from "./eval_track.ts";
import { table } from "./help.ts";
import { print } from "./print.ts";
import { didYouMean } from "./suggest.ts";
import { UsageError } from "./usage_error.ts";

const EVALUATIONS = {
  pulse: { summary: evalPulseHelp.summary, run: evalPulseCommand },
  track: { summary: evalTrackHelp.summary, run: evalTrackCommand },
} as const;

/** `weir eval`: measures how good answers are, given the truth. Answers the exit code. */
export async function evalCommand(args: string[]): Promise<number> {
  const [what, ...rest] = args;
  const known = Object.keys(EVALUATIONS) as (keyof typeof EVALUATIONS)[];
  if (what === "--help" || what === "-h") {
    const rows = known.map((name): [string, string] => [name, EVALUATIONS[name].summary]);
    print(
      ["weir eval: measures how good answers are, given the truth", "", "Usage:", "  weir eval WHAT [options]", ""]
        .join("\n"),
    );
    const examples = known.map((name): [string, string] => [`weir eval ${name} --help`, `the options for ${name}`]);
    print(["What:", ...table(rows), "", "Examples:", ...table(examples)].join("\n"));
    return 0;
  }
  const name = known.find((name) => name === what);
  if (name) return await EVALUATIONS[name].run(rest);
  if (what === undefined) throw new UsageError(`weir eval wants to know what: ${known.join(", ")}`);
  throw new UsageError(`weir eval cannot judge ${what}${didYouMean(what, known) || `; it can: ${known.join(", ")}`}`);
}
