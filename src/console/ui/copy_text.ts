import { say } from "./toasts.tsx";

/** Puts a text where it can be pasted from, and says so. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied");
  } catch {
    // Over plain HTTP from another machine a browser gives no page the clipboard.
    say("This browser does not let the page copy here; select the text instead", "bad");
  }
}
