import type { BrowserPage } from "./browser.ts";

/** A place in an element, as shares of its width and height. */
export type Share = readonly [x: number, y: number];

/** Works an element as a hand does: pressing, moving, letting go. */
export class Pointer {
  constructor(private readonly page: BrowserPage, private readonly element: string) {}

  /** Presses and lets go at a place. */
  async press(share: Share): Promise<void> {
    const at = await this.#place(share);
    await this.#send("mouseMoved", at);
    await this.#send("mousePressed", at);
    await this.#send("mouseReleased", at);
  }

  /** Takes hold at one place and lets go at another, by way of the middle. */
  async drag(from: Share, to: Share): Promise<void> {
    const middle: Share = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
    const [begin, between, end] = await Promise.all([from, middle, to].map((share) => this.#place(share)));
    await this.#send("mouseMoved", begin);
    await this.#send("mousePressed", begin);
    await this.#send("mouseMoved", between, true);
    await this.#send("mouseMoved", end, true);
    await this.#send("mouseReleased", end);
  }

  /** The same with a finger. */
  async swipe(from: Share, to: Share): Promise<void> {
    const middle: Share = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
    const [begin, between, end] = await Promise.all([from, middle, to].map((share) => this.#place(share)));
    await this.page.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [begin] });
    for (const at of [between, end]) {
      await this.page.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: [at] });
    }
    await this.page.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  }

  #place([x, y]: Share): Promise<{ x: number; y: number }> {
    return this.page.evaluate(`(({ left, top, width, height }) =>
      ({ x: left + width * ${x}, y: top + height * ${y} }))(${this.element}.getBoundingClientRect())`);
  }

  async #send(type: string, at: { x: number; y: number }, held = type !== "mouseMoved"): Promise<void> {
    const button = held && { button: "left", buttons: 1, clickCount: 1 };
    await this.page.send("Input.dispatchMouseEvent", { type, ...at, ...button });
  }
}
