import { effect, signal } from "@preact/signals";

/** How the page looks: as the system does, or as was chosen here. */
export type Theme = "system" | "light" | "dark";

const THEMES: readonly Theme[] = ["system", "light", "dark"];
const KEY = "weir.theme";

/** The theme that was chosen. */
export const theme = signal<Theme>(
  THEMES.find((name) => name === remembered(KEY)) ?? "system",
);

/** Goes on to the next theme. */
export function turnTheme(): void {
  theme.value = THEMES[(THEMES.indexOf(theme.peek()) + 1) % THEMES.length];
}

/** Keeps the page in the chosen theme; the returned function stops that. */
export function followTheme(): () => void {
  return effect(() => {
    if (theme.value === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme.value;
    remember(KEY, theme.value);
  });
}

/** What this browser remembers under a name; undefined where it may not. */
export function remembered(key: string): string | undefined {
  try {
    return globalThis.localStorage?.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Has the browser remember something, if it may. */
export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // It holds until the page is closed.
  }
}
