import { signal } from "@preact/signals";
import { pages } from "../pages.ts";
import { goTo } from "../router.ts";
import { turnTheme } from "../state/theme.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";

/** The second key must come this soon after `g`. */
const CHORD_MS = 1500;

const shown = signal(false);

/** Shows what the keys do. */
export function showShortcuts(): void {
  shown.value = true;
}

/** Listens to the keys that work everywhere; the returned function stops that. */
export function followKeys(): () => void {
  let chordAtMs = -Infinity;
  const press = (event: KeyboardEvent) => {
    const typing = event.target instanceof HTMLElement &&
      event.target.matches("input, select, textarea, [contenteditable]");
    if (
      typing || event.ctrlKey || event.metaKey || event.altKey ||
      document.querySelector("dialog[open]")
    ) return;
    const chord = performance.now() - chordAtMs < CHORD_MS;
    chordAtMs = -Infinity;
    const page = chord ? pages.find(({ key }) => key === event.key) : undefined;
    if (page) goTo(...(page.path === "" ? [] : [page.path]));
    else if (event.key === "g") chordAtMs = performance.now();
    else if (event.key === "?") showShortcuts();
    else if (event.key === "t") turnTheme();
    else if (event.key === "/") {
      const search = document.querySelector<HTMLInputElement>("[data-search]");
      if (!search) return;
      search.focus();
      search.select();
    } else return;
    event.preventDefault();
  };
  document.addEventListener("keydown", press);
  return () => document.removeEventListener("keydown", press);
}

/** The list of keys, while it is shown. */
export function Shortcuts() {
  if (!shown.value) return null;
  const close = () => void (shown.value = false);
  const rows: [string[], string][] = [
    [["/"], "search"],
    [["f"], "wall or picture over the full screen"],
    [["t"], "light, dark, or as the system has it"],
    [["?"], "this list"],
    ...pages.filter(({ key, name }) => key && name).map((
      { key, name },
    ): [string[], string] => [["g", key!], name!]),
  ];
  return (
    <Dialog
      title="Keys"
      onClose={close}
      actions={<Button onClick={close}>Close</Button>}
    >
      <table>
        <tbody>
          {rows.map(([keys, what]) => (
            <tr key={what}>
              <th scope="row">
                {keys.map((key) => (
                  <>
                    <kbd>{key}</kbd>
                    {" "}
                  </>
                ))}
              </th>
              <td>{what}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Dialog>
  );
}
