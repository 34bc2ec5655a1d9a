import { FUNCTIONS } from "./alert_functions.ts";
import { ExpressionError, type Token, tokensOf } from "./alert_tokens.ts";

/** What an expression gives, as far as it is known before anything is; `any` when it is not. */
export type Kind = "boolean" | "number" | "string" | "any";

/** A parsed expression. */
export type Expression =
  | { type: "value"; value: number | string | boolean }
  /** Into the outputs: the step's name, then keys. */
  | { type: "path"; keys: (string | number)[]; at: number }
  | { type: "not" | "negative"; of: Expression }
  | { type: "binary"; operator: string; left: Expression; right: Expression }
  | { type: "call"; name: string; of: Expression[] };

const LENGTH_MAX = 500;
const DEPTH_MAX = 32;
const KEYS_MAX = 16;
const COMPARISONS = ["==", "!=", "<", "<=", ">", ">="];

/** Parses an expression; throws an {@link ExpressionError} that says where it fails and what was expected. */
export function parseExpression(text: string): Expression {
  if (text.length > LENGTH_MAX) {
    throw new ExpressionError(`it may have ${LENGTH_MAX} characters and goes on`, LENGTH_MAX);
  }
  return new Parser(tokensOf(text)).whole();
}

/** Parses a condition: an expression that is true or false. */
export function parseCondition(text: string): Expression {
  const parsed = parseExpression(text);
  const kind = kindOf(parsed);
  if (kind === "boolean" || kind === "any") return parsed;
  throw new ExpressionError(`expected a condition, such as a comparison; this is a ${kind} that begins`, 0);
}

/** Which steps an expression looks at, and at what of their outputs. */
export function stepsOf(expression: Expression): { step: string; key?: string }[] {
  switch (expression.type) {
    case "path": {
      const [step, key] = expression.keys;
      return [{ step: String(step), ...(typeof key === "string" && { key }) }];
    }
    case "not":
    case "negative":
      return stepsOf(expression.of);
    case "binary":
      return [...stepsOf(expression.left), ...stepsOf(expression.right)];
    case "call":
      return expression.of.flatMap(stepsOf);
    case "value":
      return [];
  }
}

class Parser {
  #next = 0;
  #depth = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  whole(): Expression {
    const expression = this.#either();
    if (this.#token.kind !== "end") throw this.#expected("an operator or the end");
    return expression;
  }

  get #token(): Token {
    return this.tokens[this.#next];
  }

  #either(): Expression {
    return this.#joined(["||"], "boolean", () => this.#both());
  }

  #both(): Expression {
    return this.#joined(["&&"], "boolean", () => this.#comparison());
  }

  #comparison(): Expression {
    const left = this.#sum();
    const operator = this.#takes(COMPARISONS);
    if (!operator) return left;
    const { at } = this.#token;
    const right = this.#sum();
    const [leftKind, rightKind] = [kindOf(left), kindOf(right)];
    if (leftKind !== "any" && rightKind !== "any" && leftKind !== rightKind) {
      throw new ExpressionError(`a ${leftKind} is never compared to a ${rightKind}, as`, at);
    }
    if (COMPARISONS.includes(this.#token.text) && this.#token.kind === "sign") {
      throw new ExpressionError("comparisons do not chain: say a < b && b < c instead of", this.#token.at);
    }
    return { type: "binary", operator, left, right };
  }

  #sum(): Expression {
    return this.#joined(["+", "-"], "number", () => this.#product());
  }

  #product(): Expression {
    return this.#joined(["*", "/", "%"], "number", () => this.#single());
  }

  /** Operands of one kind with operators between them, taken from the left. */
  #joined(operators: readonly string[], kind: Kind, operand: () => Expression): Expression {
    let { at } = this.#token;
    let left = operand();
    for (let operator = this.#takes(operators); operator; operator = this.#takes(operators)) {
      demand(left, kind, at);
      at = this.#token.at;
      const right = operand();
      demand(right, kind, at);
      left = { type: "binary", operator, left, right };
    }
    return left;
  }

  #single(): Expression {
    if (++this.#depth > DEPTH_MAX) throw new ExpressionError("it is nested too deeply", this.#token.at);
    try {
      const sign = this.#takes(["!", "-"]);
      if (!sign) return this.#primary();
      const { at } = this.#token;
      const of = this.#single();
      demand(of, sign === "!" ? "boolean" : "number", at);
      return { type: sign === "!" ? "not" : "negative", of };
    } finally {
      this.#depth--;
    }
  }

  #primary(): Expression {
    const { kind, text } = this.#token;
    if (kind === "number") {
      this.#next++;
      return { type: "value", value: Number(text) };
    }
    if (kind === "string") {
      this.#next++;
      return { type: "value", value: text };
    }
    if (kind === "name") return this.#named();
    if (!this.#takes(["("])) throw this.#expected("a value");
    const inner = this.#either();
    this.#demand(")");
    return inner;
  }

  #named(): Expression {
    const { text, at } = this.tokens[this.#next++];
    if (text === "true" || text === "false") return { type: "value", value: text === "true" };
    if (this.#takes(["("])) return this.#call(text, at);
    const keys: (string | number)[] = [text];
    while (true) {
      if (this.#takes(["."])) {
        if (this.#token.kind !== "name") throw this.#expected('a name; one that is not a plain word goes into ["…"]');
        keys.push(this.tokens[this.#next++].text);
      } else if (this.#takes(["["])) {
        keys.push(this.#key());
        this.#demand("]");
      } else break;
      if (keys.length > KEYS_MAX) throw new ExpressionError(`a path of more than ${KEYS_MAX} keys begins`, at);
    }
    // What is not a plain word can be said all the same: outputs["front-door"].
    if (text === "outputs") keys.shift();
    if (keys.length === 0) throw new ExpressionError('outputs needs a step: outputs["name"]', at);
    return { type: "path", keys, at };
  }

  #key(): string | number {
    const { kind, text } = this.#token;
    if (kind === "string") {
      this.#next++;
      return text;
    }
    if (kind !== "number" || !/^\d{1,5}$/.test(text)) throw this.#expected("a name in quotes or a whole number");
    this.#next++;
    return Number(text);
  }

  #call(name: string, at: number): Expression {
    const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (!known) {
      throw new ExpressionError(`there is no function ${name}; there are: ${Object.keys(FUNCTIONS).join(", ")};`, at);
    }
    const of: Expression[] = [];
    while (!this.#takes([")"])) {
      if (of.length > 0) this.#demand(",");
      of.push(this.#either());
    }
    const [least, most] = known.arguments;
    if (of.length < least || of.length > most) {
      throw new ExpressionError(`${name} is used as ${known.usage}, not as`, at);
    }
    return { type: "call", name, of };
  }

  #takes(signs: readonly string[]): string | undefined {
    const { kind, text } = this.#token;
    if (kind !== "sign" || !signs.includes(text)) return undefined;
    this.#next++;
    return text;
  }

  #demand(sign: string): void {
    if (!this.#takes([sign])) throw this.#expected(sign);
  }

  #expected(what: string): ExpressionError {
    const { kind, text, at } = this.#token;
    return new ExpressionError(`expected ${what}, found ${kind === "end" ? text : JSON.stringify(text)}`, at);
  }
}

function demand(expression: Expression, kind: Kind, at: number): void {
  const found = kindOf(expression);
  if (found === kind || found === "any") return;
  throw new ExpressionError(`expected a ${kind}, found a ${found}`, at);
}

function kindOf(expression: Expression): Kind {
  switch (expression.type) {
    case "value":
      return typeof expression.value as Kind;
    case "path":
      return "any";
    case "not":
      return "boolean";
    case "negative":
      return "number";
    case "binary":
      return "+-*/%".includes(expression.operator) ? "number" : "boolean";
    case "call":
      return FUNCTIONS[expression.name].kind;
  }
}
