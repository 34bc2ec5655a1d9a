import { redactUrls } from "../core/redact.ts";

/** An error in words, in which neither addresses nor any of the secrets show. */
export function tellError(error: unknown, secrets: readonly (string | undefined)[] = []): string {
  let text = error instanceof Error
    ? error.message || String((error as { code?: string }).code ?? error.name)
    : String(error);
  if (error instanceof AggregateError && !error.message) text = error.errors.map((one) => tellError(one)).join("; ");
  for (const secret of secrets) if (secret) text = text.replaceAll(secret, "***");
  return redactUrls(text).slice(0, 500);
}
