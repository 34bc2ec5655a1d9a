/** A fenced block of a document. */
export interface Snippet {
  document: string;
  /** The word after the fence, such as `sh`. */
  kind: string;
  text: string;
}

/** All fenced blocks of a document. */
export function snippetsOf(document: string, text: string): Snippet[] {
  return [...text.matchAll(/^ *```(\w*)\n([\s\S]*?)^ *```$/gm)].map(([, kind, text]) => ({ document, kind, text }));
}

/** The commands of a shell's block: quoted line ends and continued lines belong to one, comments to none. */
export function commandsOf(text: string): string[] {
  const commands: string[] = [];
  let command = "";
  let quote = "";
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (quote !== "") {
      if (sign === quote) quote = "";
      command += sign;
    } else if (sign === "#" && /(?:^|\s)$/.test(command)) {
      while (at + 1 < text.length && text[at + 1] !== "\n") at++;
    } else if (sign === "\\" && text[at + 1] === "\n") at++;
    else if (sign === "\n") {
      commands.push(command.trim());
      command = "";
    } else {
      if (sign === "'" || sign === '"') quote = sign;
      command += sign;
    }
  }
  return [...commands, command.trim()].filter((one) => one !== "");
}
