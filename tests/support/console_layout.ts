import type { BrowserPage } from "./browser.ts";

/** Gives the page another size, as if the window had it or the phone were turned. */
export async function resize(page: BrowserPage, { width, height }: { width: number; height: number }): Promise<void> {
  await page.send("Emulation.setDeviceMetricsOverride", {
    width,
    height,
    deviceScaleFactor: 1,
    mobile: width < 600,
  });
}

/** What of the page cannot be seen as it stands: too wide, beside the screen, or cut off by what it lies in. */
export function layoutFaults(page: BrowserPage): Promise<string[]> {
  return page.evaluate(`(${findLayoutFaults})()`);
}

// Runs in the page: it is sent there as a text.
function findLayoutFaults(): string[] {
  const { document, innerWidth, NodeFilter, getComputedStyle } = globalThis as unknown as PageGlobals;
  const faults: string[] = [];
  const over = document.documentElement.scrollWidth - innerWidth;
  if (over > 0) faults.push(`the page is ${over} pixels too wide`);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const words = text.textContent.trim();
    const element = text.parentElement;
    if (words === "" || !element.checkVisibility({ visibilityProperty: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const { left, right, width } = range.getBoundingClientRect();
    if (width === 0) continue;
    for (let around = element; around; around = around.parentElement) {
      const { overflowX, textOverflow, clipPath, position } = getComputedStyle(around);
      // It is meant for the ears, waits beside the screen for the keyboard, or says itself that there is more.
      if (clipPath !== "none" || textOverflow === "ellipsis" || around.matches(".skip, pre, textarea")) break;
      const room = around.getBoundingClientRect();
      const cuts = overflowX !== "visible" && (left < room.left - 1 || right > room.right + 1);
      // What can be scrolled with the keyboard is not lost.
      if (cuts && (overflowX === "hidden" || overflowX === "clip" || around.tabIndex < 0)) {
        faults.push(
          `"${words.slice(0, 40)}" is cut off by <${around.tagName.toLowerCase()} class="${around.className}">`,
        );
      }
      if (overflowX !== "visible" || position === "fixed") break;
      if (around === document.body && (left < -1 || right > innerWidth + 1)) {
        faults.push(`"${words.slice(0, 40)}" stands beside the screen`);
      }
    }
  }
  return faults;
}

/** The little of a browser's globals that is used above; the tests' own types have none. */
interface PageGlobals {
  innerWidth: number;
  NodeFilter: { SHOW_TEXT: number };
  // deno-lint-ignore no-explicit-any
  document: any;
  // deno-lint-ignore no-explicit-any
  getComputedStyle(element: any): Record<string, string>;
}
