/** What was typed cannot be carried out as it stands; the message says what to type instead. Exit code 2. */
export class UsageError extends Error {
  override name = "UsageError";
}
