import { type Command, parseFlags } from "./flags.ts";
import { helpPage } from "./help.ts";
import type { HelpOption } from "./help_text.ts";
import { type OwnHelp, ownHelp } from "./own_help.ts";
import { print } from "./print.ts";
import { didYouMean } from "./suggest.ts";
import { UsageError } from "./usage_error.ts";

const completionsHelp: Command<Record<never, never>> = {
  name: "completions",
  summary: "prints what completes weir's words in a shell",
  usage: "bash|zsh|fish",
  flags: {},
  examples: [
    ["weir completions bash > ~/.local/share/bash-completion/completions/weir", "for bash"],
    ["weir completions zsh > ~/.zfunc/_weir", "for zsh, with ~/.zfunc in $fpath"],
    ["weir completions fish > ~/.config/fish/completions/weir.fish", "for fish"],
  ],
};

const SHELLS: Readonly<Record<string, (help: OwnHelp) => string>> = { bash, zsh, fish };

/** `weir completions`. Answers the exit code. */
export async function completionsCommand(args: readonly string[]): Promise<number> {
  const { positionals: [shell, ...more], help } = parseFlags(completionsHelp, args);
  if (help) {
    print(helpPage(completionsHelp));
    return 0;
  }
  if (shell === undefined || more.length > 0 || !Object.hasOwn(SHELLS, shell)) {
    const hint = didYouMean(shell ?? "", Object.keys(SHELLS));
    throw new UsageError(`weir completions wants one of ${Object.keys(SHELLS).join(", ")}${hint}`);
  }
  print(SHELLS[shell](await ownHelp()));
  return 0;
}

const takesDirectory = ({ value }: HelpOption) => value === "DIR";
const takesFile = ({ value }: HelpOption) => value === "FILE" || value === "MODEL";
const namesOf = (options: readonly HelpOption[]) => options.map(({ name }) => name);

function bash({ commands }: OwnHelp): string {
  const all = [...commands.values()].flatMap(({ page }) => page.options);
  const list = (names: readonly string[]) => [...new Set(names)].join("|") || "--";
  const valued = all.filter((option) => option.value && !takesDirectory(option) && !takesFile(option));
  const cases = [...commands].map(([name, { page, verbs }]) => {
    const words = [...namesOf(page.options), ...verbs.map(([verb]) => verb)].join(" ");
    return `    ${name}) words="${words}" ;;`;
  });
  return `# Completes weir's words in bash.
_weir() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} words
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ] || [ "$prev" = help ]; then
    COMPREPLY=($(compgen -W "${[...commands.keys()].join(" ")} help" -- "$cur"))
    return
  fi
  case $prev in
    ${list(namesOf(all.filter(takesFile)))}) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    ${list(namesOf(all.filter(takesDirectory)))}) COMPREPLY=($(compgen -d -- "$cur")); return ;;
    ${list(namesOf(valued))}) return ;;
  esac
  case \${COMP_WORDS[1]} in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  case $cur in -*) ;; *) COMPREPLY+=($(compgen -f -- "$cur")) ;; esac
}
complete -o filenames -F _weir weir`;
}

function zsh({ commands }: OwnHelp): string {
  const text = (words: string) => words.replaceAll(/(['\\[\]:])/g, (sign) => sign === "'" ? "'\\''" : `\\${sign}`);
  const spec = (option: HelpOption) => {
    const files = takesDirectory(option) ? "_files -/" : takesFile(option) ? "_files" : " ";
    return `'*${option.name}[${text(option.description)}]${option.value ? `:${option.value}:${files}` : ""}'`;
  };
  const cases = [...commands].map(([name, { page, verbs }]) => {
    const words = verbs.length > 0 ? [`'1:what:(${verbs.map(([verb]) => verb).join(" ")})'`] : [];
    return `    ${name}) _arguments ${[...page.options.map(spec), ...words, "'*:file:_files'"].join(" ")} ;;`;
  });
  return `#compdef weir
_weir() {
  local -a commands=(
${[...commands].map(([name, { summary }]) => `    '${name}:${text(summary)}'`).join("\n")}
    'help:a command'"\\'"'s options and examples'
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join("\n")}
    help) _describe command commands ;;
  esac
}
_weir "$@"`;
}

function fish({ commands }: OwnHelp): string {
  const quoted = (words: string) => `'${words.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const lines = ["# Completes weir's words in fish.", "complete -c weir -n __fish_use_subcommand -f"];
  for (const [name, { page, summary, verbs }] of commands) {
    lines.push(`complete -c weir -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`);
    const within = `-n '__fish_seen_subcommand_from ${name}'`;
    for (const [verb, what] of verbs) lines.push(`complete -c weir ${within} -a ${verb} -d ${quoted(what)}`);
    for (const option of page.options) {
      const value = takesDirectory(option)
        ? " -x -a '(__fish_complete_directories)'"
        : takesFile(option)
        ? " -r -F"
        : option.value
        ? " -x"
        : "";
      lines.push(`complete -c weir ${within} -l ${option.name.slice(2)}${value} -d ${quoted(option.description)}`);
    }
  }
  return lines.join("\n");
}
