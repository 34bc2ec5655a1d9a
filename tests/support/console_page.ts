import { BrowserPage } from "./browser.ts";

/** A camera that the browser makes up, and that it hands out without asking. */
export const FAKE_CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];

/** The console in a browser, worked as its users do: by what stands there. */
export class ConsolePage implements AsyncDisposable {
  private constructor(readonly page: BrowserPage, private readonly url: string) {}

  /** Opens a browser of a size at a place of the console, `#/add`. */
  static async open(
    url: string,
    { place, width = 1280, height = 900, flags = [] }: {
      place: string;
      width?: number;
      height?: number;
      flags?: readonly string[];
    },
  ): Promise<ConsolePage> {
    const page = await BrowserPage.open({ width, height }, flags);
    const opened = new ConsolePage(page, url);
    await page.goto(`${url}/${place}`);
    await page.until(`document.querySelector("main h1, main h2")`);
    return opened;
  }

  /** Goes to another place without loading the page again. */
  async go(place: string, heading: string): Promise<void> {
    await this.page.evaluate(`location.hash = ${JSON.stringify(place)}`);
    await this.page.until(`document.querySelector("main h1")?.textContent.includes(${JSON.stringify(heading)})`);
  }

  /** Fills in the control with a label, or chooses in it. */
  async fill(label: string, value: string): Promise<void> {
    await this.page.until(control(label));
    await this.page.evaluate(`{
      const control = ${control(label)};
      control.value = ${JSON.stringify(value)};
      control.dispatchEvent(new Event(control.tagName === "SELECT" ? "change" : "input", { bubbles: true }));
    }`);
  }

  /** Presses a button, a radio button or a checkbox by the words on it. */
  async press(words: string): Promise<void> {
    await this.page.until(pressable(words));
    await this.page.evaluate(`${pressable(words)}.click()`);
  }

  /** Comes with a token, where the page asks who is there. */
  async signIn(token: string): Promise<void> {
    await this.page.until(`document.querySelector(".sign-in input")`);
    await this.fill("Token", token);
    await this.press("Go on");
    await this.page.until(`!document.querySelector(".sign-in")`);
  }

  /** What is said to be wrong with the control of a label; empty when nothing is. */
  faultAt(label: string): string {
    return `(${control(label)}?.closest(".field")?.querySelector(".fault")?.textContent ?? "")`;
  }

  /** The number that stands under a name among figures; NaN while there is none. */
  figure(name: string): string {
    return `Number([...document.querySelectorAll("main .stat")].find((stat) =>
      stat.querySelector("dt").textContent === ${JSON.stringify(name)})?.querySelector(".value").textContent
      .replaceAll(",", ""))`;
  }

  get complaints(): string[] {
    return complaintsOf(this.page);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page[Symbol.asyncDispose]();
  }
}

/** Everything that a page complained of, but for refusals that were meant to be and for how a test looked at it. */
export function complaintsOf({ complaints }: BrowserPage): string[] {
  return complaints.filter((entry) => !/"source":"(?:network|rendering)"|"level":"verbose"/.test(entry));
}

function control(label: string): string {
  return `[...document.querySelectorAll("main label")].find((label) =>
    label.textContent.trim() === ${JSON.stringify(label)})?.control`;
}

function pressable(words: string): string {
  return `[...document.querySelectorAll("main button:not(:disabled), main label:has(input), main summary")].find((each) =>
    (each.querySelector("strong") ?? each).textContent.trim() === ${JSON.stringify(words)})`;
}
