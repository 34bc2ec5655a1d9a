import { didYouMean } from "./suggest.ts";
import { UsageError } from "./usage_error.ts";

/** One option of a command, as it is parsed and as help shows it. */
export interface Flag {
  type: "boolean" | "string" | "number";
  /** May be given several times. */
  multiple?: boolean;
  /** What stands for the value in help. */
  value?: string;
  description: string;
  choices?: readonly string[];
  /** For numbers. */
  min?: number;
  max?: number;
  integer?: boolean;
}

/** A command's options by name, without the dashes. */
export type Flags = Readonly<Record<string, Flag>>;

/** A command as help tells it and as its arguments are read. */
export interface Command<F extends Flags = Flags> {
  name: string;
  summary: string;
  /** What follows the command's name, as in `SOURCE… [options]`. */
  usage: string;
  flags: F;
  /** Command line and what it does. */
  examples: readonly (readonly [line: string, what: string])[];
  /** Further paragraphs, each with a heading. */
  notes?: readonly (readonly [heading: string, lines: readonly string[]])[];
}

type One<F extends Flag> = F["type"] extends "boolean" ? boolean : F["type"] extends "number" ? number : string;

/** What was given, by flag. */
export type FlagValues<F extends Flags> = {
  -readonly [K in keyof F]?: F[K] extends { multiple: true } ? One<F[K]>[] : One<F[K]>;
};

/** A command line, read. */
export interface Parsed<F extends Flags> {
  flags: FlagValues<F>;
  positionals: string[];
  /** `--help` or `-h` was among the arguments. */
  help: boolean;
}

/** Reads a command's arguments by its declaration; throws {@link UsageError} at the first that does not fit. */
export function parseFlags<F extends Flags>(command: Command<F>, args: readonly string[]): Parsed<F> {
  const values: Record<string, unknown> = {};
  const positionals: string[] = [];
  let help = false;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (arg === "--") {
      positionals.push(...args.slice(i + 1));
      break;
    }
    if (arg === "--help" || arg === "-h") help = true;
    else if (!arg.startsWith("-") || arg === "-") positionals.push(arg);
    else {
      const equals = arg.indexOf("=");
      const name = (equals < 0 ? arg : arg.slice(0, equals)).replace(/^--?/, "");
      const flag = Object.hasOwn(command.flags, name) && arg.startsWith("--") ? command.flags[name] : undefined;
      if (!flag) {
        const shown = equals < 0 ? arg : arg.slice(0, equals);
        const hint = didYouMean(name, Object.keys(command.flags), "--");
        throw new UsageError(`Unknown option ${shown} of weir ${command.name}${hint}`);
      }
      let text = equals < 0 ? undefined : arg.slice(equals + 1);
      if (flag.type === "boolean") {
        if (text !== undefined) throw new UsageError(`Option --${name} takes no value`);
        values[name] = true;
        continue;
      }
      if (text === undefined) {
        text = args[++i];
        if (text === undefined || (text.startsWith("--") && text !== "--")) {
          throw new UsageError(`Option --${name} wants a value: --${name} ${flag.value ?? "VALUE"}`);
        }
      }
      const value = flag.type === "number" ? toNumber(name, flag, text) : toChoice(name, flag, text);
      if (flag.multiple) values[name] = [...(values[name] as unknown[] ?? []), value];
      else if (Object.hasOwn(values, name)) throw new UsageError(`Option --${name} is given twice`);
      else values[name] = value;
    }
  }
  return { flags: values as FlagValues<F>, positionals, help };
}

function toNumber(name: string, flag: Flag, text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  const wanted = `${flag.integer ? "a whole number" : "a number"}${range(flag)}`;
  const fits = Number.isFinite(value) && (!flag.integer || Number.isInteger(value)) &&
    value >= (flag.min ?? -Infinity) && value <= (flag.max ?? Infinity);
  if (!fits) throw new UsageError(`Option --${name} wants ${wanted}, not "${text}"`);
  return value;
}

function range({ min, max }: Flag): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  return min !== undefined ? ` of at least ${min}` : max !== undefined ? ` of at most ${max}` : "";
}

function toChoice(name: string, flag: Flag, text: string): string {
  if (!flag.choices || flag.choices.includes(text)) return text;
  const hint = didYouMean(text, flag.choices);
  throw new UsageError(`Option --${name} wants one of ${flag.choices.join(", ")}, not "${text}"${hint}`);
}
