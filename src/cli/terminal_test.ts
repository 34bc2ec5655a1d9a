import assert from "node:assert/strict";
import { Terminal } from "./terminal.ts";

class Screen {
  text = "";
  constructor(private readonly terminal: boolean) {}
  isTerminal(): boolean {
    return this.terminal;
  }
  writeSync(bytes: Uint8Array): number {
    this.text += new TextDecoder().decode(bytes);
    return bytes.length;
  }
}

Deno.test("drawn lines are replaced in place and make way for what stays", () => {
  const screen = new Screen(true);
  const terminal = new Terminal(screen);
  terminal.draw(["one", "two"]);
  terminal.draw(["three"]);
  terminal.say("stays");
  terminal.say("too");
  assert.equal(screen.text, "one\ntwo\r\x1b[2K\x1b[1A\x1b[2Kthree\r\x1b[2Kstays\ntoo\n");
});

Deno.test("nothing is drawn where nobody looks", () => {
  const screen = new Screen(false);
  const terminal = new Terminal(screen);
  terminal.draw(["one"]);
  terminal.clear();
  terminal.say("stays");
  assert.equal(screen.text, "stays\n");
});

Deno.test("what is drawn fits the window, and is drawn whole in one that does not say how large it is", () => {
  const drawn = (columns: number) => {
    const screen = new Screen(true);
    new Terminal(screen, () => ({ columns, rows: columns && 3 })).draw(["a long line", "two", "three"]);
    return screen.text;
  };
  assert.equal(drawn(7), "a long\ntwo");
  assert.equal(drawn(0), "a long line\ntwo\nthree");
});
