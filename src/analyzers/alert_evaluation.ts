import type { AnalyzerFrame } from "../core/analyzer.ts";
import type { Expression } from "./alert_expression.ts";
import { FUNCTIONS } from "./alert_functions.ts";

/**
 * What an expression gives for a frame's outputs. It never throws: what is not there is undefined, and so is everything
 * that is reckoned with it; no comparison with it is true.
 */
export function evaluate(expression: Expression, outputs: AnalyzerFrame["outputs"]): unknown {
  switch (expression.type) {
    case "value":
      return expression.value;
    case "path":
      return expression.keys.reduce(lookUp, outputs as unknown);
    case "not":
      return evaluate(expression.of, outputs) !== true;
    case "negative": {
      const value = evaluate(expression.of, outputs);
      return typeof value === "number" ? -value : undefined;
    }
    case "call":
      return FUNCTIONS[expression.name].call(expression.of.map((one) => evaluate(one, outputs)));
    case "binary":
      return combined(expression, outputs);
  }
}

function combined(
  { operator, left, right }: Extract<Expression, { type: "binary" }>,
  outputs: AnalyzerFrame["outputs"],
): unknown {
  const a = evaluate(left, outputs);
  if (operator === "&&") return a === true && evaluate(right, outputs) === true;
  if (operator === "||") return a === true || evaluate(right, outputs) === true;
  const b = evaluate(right, outputs);
  if (operator === "==") return isPlain(a) && a === b;
  if (operator === "!=") return isPlain(a) && isPlain(b) && a !== b;
  if (typeof a === "string" && typeof b === "string") return compared(operator, a, b);
  if (typeof a !== "number" || typeof b !== "number") return isComparison(operator) ? false : undefined;
  return isComparison(operator) ? compared(operator, a, b) : reckoned(operator, a, b);
}

function isComparison(operator: string): boolean {
  return operator.startsWith("<") || operator.startsWith(">");
}

function compared<T extends number | string>(operator: string, a: T, b: T): boolean | undefined {
  switch (operator) {
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    case ">=":
      return a >= b;
  }
}

function reckoned(operator: string, a: number, b: number): number | undefined {
  const value = operator === "+"
    ? a + b
    : operator === "-"
    ? a - b
    : operator === "*"
    ? a * b
    : operator === "/"
    ? a / b
    : a % b;
  return Number.isFinite(value) ? value : undefined;
}

function isPlain(value: unknown): boolean {
  return typeof value === "number" || typeof value === "string" || typeof value === "boolean";
}

/** One key further. Of a list, a name means that of all its things: `detect.detections.score`. */
function lookUp(value: unknown, key: string | number): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  if (!Array.isArray(value)) return Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
  if (typeof key === "number") return value[key];
  return key === "length" ? value.length : value.flatMap((item) => lookUp(item, key) ?? []);
}
