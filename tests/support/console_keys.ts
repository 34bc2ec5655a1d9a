import type { BrowserPage } from "./browser.ts";

/** What the browser wants to know of keys that are no letters. */
const NAMED: Readonly<Record<string, { code: number; text?: string }>> = {
  Tab: { code: 9 },
  Enter: { code: 13, text: "\r" },
  Escape: { code: 27 },
  " ": { code: 32, text: " " },
  ArrowLeft: { code: 37 },
  ArrowUp: { code: 38 },
  ArrowRight: { code: 39 },
  ArrowDown: { code: 40 },
  Delete: { code: 46 },
  z: { code: 90 },
};
const TABS_MOST = 120;
const CONTROL = 2;

/** Works a page by keys alone, as those do who have no mouse. */
export class Keys {
  constructor(private readonly page: BrowserPage) {}

  /** Presses keys one after the other: letters, or names such as `Enter`. */
  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.#stroke(key, 0);
  }

  /** Presses a key while Control is held. */
  async control(key: string): Promise<void> {
    await this.#stroke(key, CONTROL);
  }

  /** Writes a text where the focus is, over what stands there. */
  async write(text: string): Promise<void> {
    await this.page.evaluate("document.activeElement.select()");
    await this.page.send("Input.insertText", { text });
  }

  /** Goes on with Tab until the focus is on what has a name; fails when it comes by it nowhere. */
  async tabTo(name: string | RegExp): Promise<void> {
    for (let tabs = 0; tabs < TABS_MOST; tabs++) {
      await this.press("Tab");
      const found = await this.page.evaluate<string>(`(${nameOfFocus})()`);
      if (typeof name === "string" ? found === name : name.test(found)) return;
    }
    throw new Error(`No number of tabs leads to ${name}`);
  }

  async #stroke(key: string, modifiers: number): Promise<void> {
    const named = NAMED[key];
    const text = modifiers === 0 ? named ? named.text : key : undefined;
    const about = { key, code: key, modifiers, ...(named && { windowsVirtualKeyCode: named.code }) };
    await this.page.send("Input.dispatchKeyEvent", {
      type: text === undefined ? "rawKeyDown" : "keyDown",
      ...about,
      ...(text !== undefined && { text }),
    });
    await this.page.send("Input.dispatchKeyEvent", { type: "keyUp", ...about });
  }
}

// Runs in the page: it is sent there as a text.
function nameOfFocus(): string {
  // deno-lint-ignore no-explicit-any
  const focused = (globalThis as any).document.activeElement;
  const label = focused.getAttribute("aria-label") ?? focused.labels?.[0]?.querySelector("strong")?.textContent ??
    focused.labels?.[0]?.textContent ?? focused.textContent;
  return label.trim();
}
