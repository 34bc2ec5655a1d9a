import { signal } from "@preact/signals";
import { problemOf } from "../api/problem_error.ts";

interface Toast {
  id: number;
  text: string;
  tone: "good" | "bad";
}

const SHOWN_MS = 6000;
const SHOWN_MOST = 4;

const toasts = signal<Toast[]>([]);
/** How many dialogs lie over the page. What is outside of the uppermost can be neither read nor pressed. */
const dialogs = signal(0);
let next = 1;

/** Says in passing that something is done. */
export function say(text: string, tone: Toast["tone"] = "good"): void {
  const toast = { id: next++, text, tone };
  toasts.value = [...toasts.peek().slice(1 - SHOWN_MOST), toast];
  setTimeout(() => dismiss(toast.id), SHOWN_MS);
}

/** Says in passing that something could not be done, and why. */
export function sayProblem(thrown: unknown): void {
  say(problemOf(thrown).message, "bad");
}

/** A dialog lies over everything else from here on; answers its level. */
export function coverPage(): number {
  return ++dialogs.value;
}

/** The uppermost dialog is gone. */
export function uncoverPage(): void {
  dialogs.value--;
}

/** Where what is said in passing appears: in the dialog of this level, or on the page itself. */
export function Toasts({ level = 0 }: { level?: number }) {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {level === dialogs.value && toasts.value.map(({ id, text, tone }) => (
        <div key={id} class={`toast ${tone}`}>
          <span>{text}</span>
          <button
            type="button"
            class="button quiet"
            aria-label="Dismiss"
            onClick={() => dismiss(id)}
          >
            ✕
          </button>
        </div>
      ))}
    </div>
  );
}

function dismiss(id: number): void {
  toasts.value = toasts.peek().filter((toast) => toast.id !== id);
}
