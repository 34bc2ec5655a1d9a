import type { AnalyzerFrame } from "../core/analyzer.ts";
import { evaluate } from "./alert_evaluation.ts";
import { type Expression, parseExpression } from "./alert_expression.ts";
import { ExpressionError } from "./alert_tokens.ts";

/** A message with expressions in it. */
export type MessageTemplate = (string | Expression)[];

const LENGTH_MAX = 1000;
const ITEMS_MAX = 10;

/** Parses a message such as `{zones.box.count} in the box`; `{{` and `}}` are braces. */
export function parseMessage(text: string): MessageTemplate {
  const parts: MessageTemplate = [""];
  const say = (words: string) => {
    if (typeof parts[parts.length - 1] === "string") parts[parts.length - 1] += words;
    else parts.push(words);
  };
  for (let at = 0; at < text.length;) {
    const two = text.slice(at, at + 2);
    if (two === "{{" || two === "}}") {
      say(two[0]);
      at += 2;
    } else if (text[at] === "{") {
      const end = text.indexOf("}", at);
      if (end < 0) throw new ExpressionError("a { without its } begins", at);
      parts.push(parsedAt(text.slice(at + 1, end), at + 1));
      at = end + 1;
    } else if (text[at] === "}") throw new ExpressionError("a } without its { is", at);
    else say(text[at++]);
  }
  return parts;
}

/** The message for a frame's outputs; what is not there is a question mark. */
export function messageOf(template: MessageTemplate, outputs: AnalyzerFrame["outputs"]): string {
  const parts = template.map((part) => typeof part === "string" ? part : said(evaluate(part, outputs)));
  return parts.join("").slice(0, LENGTH_MAX);
}

function parsedAt(text: string, offset: number): Expression {
  try {
    return parseExpression(text);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw new ExpressionError(error.message.replace(/ at character \d+$/, ""), offset + error.at);
  }
}

function said(value: unknown): string {
  if (typeof value === "number") return String(Math.round(value * 100) / 100);
  if (typeof value === "string" || typeof value === "boolean") return String(value);
  if (!Array.isArray(value)) return "?";
  const more = value.length > ITEMS_MAX ? ", …" : "";
  return value.slice(0, ITEMS_MAX).map((item) => Array.isArray(item) ? "?" : said(item)).join(", ") + more;
}
