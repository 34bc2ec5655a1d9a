/** One word of an expression. */
export interface Token {
  kind: "number" | "string" | "name" | "sign" | "end";
  /** As it is written; of strings, what they say. */
  text: string;
  /** Where it begins, from 0. */
  at: number;
}

/** What is wrong with an expression, and where. */
export class ExpressionError extends Error {
  override name = "ExpressionError";
  constructor(what: string, readonly at: number) {
    super(`${what} at character ${at + 1}`);
  }
}

const SIGNS = [
  "&&",
  "||",
  "==",
  "!=",
  "<=",
  ">=",
  "<",
  ">",
  "!",
  "+",
  "-",
  "*",
  "/",
  "%",
  "(",
  ")",
  "[",
  "]",
  ".",
  ",",
];
const SPACE = /\s*/y;
const NUMBER = /(?:\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d+)?/iy;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const STRING = /"((?:[^"\\]|\\["\\])*)"|'((?:[^'\\]|\\['\\])*)'/y;

/** Takes an expression apart. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp) => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  while (true) {
    at += match(SPACE)![0].length;
    if (at === text.length) return [...tokens, { kind: "end", text: "the end", at }];
    const token = next(at);
    tokens.push(token.token);
    at += token.length;
  }

  function next(at: number): { token: Token; length: number } {
    const string = match(STRING);
    if (string) {
      const said = (string[1] ?? string[2]).replace(/\\(.)/g, "$1");
      return { token: { kind: "string", text: said, at }, length: string[0].length };
    }
    for (const [kind, pattern] of [["number", NUMBER], ["name", NAME]] as const) {
      const found = match(pattern);
      if (found) return { token: { kind, text: found[0], at }, length: found[0].length };
    }
    const sign = SIGNS.find((sign) => text.startsWith(sign, at));
    if (sign) return { token: { kind: "sign", text: sign, at }, length: sign.length };
    if (text[at] === '"' || text[at] === "'") throw new ExpressionError("a text that does not end begins", at);
    const hint = text[at] === "=" ? "; equality is ==" : "";
    throw new ExpressionError(`${JSON.stringify(text[at])} means nothing${hint}`, at);
  }
}
