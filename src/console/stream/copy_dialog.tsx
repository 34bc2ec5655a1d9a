import { session } from "../api/session.ts";
import { Button } from "../ui/button.tsx";
import { copyText } from "../ui/copy_text.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Tabs } from "../ui/tabs.tsx";
import { snippets } from "./snippets.ts";

/** How a program gets at what this page shows. */
export function CopyDialog({ id, onClose }: { id: string; onClose(): void }) {
  const all = snippets(location.origin, id, {
    token: session.value.token !== undefined,
  });
  const tabs = all.map(({ name, text }) => ({
    name,
    render: () => (
      <div class="stack">
        <pre tabIndex={0}>{text}</pre>
        <div class="row">
          <Button kind="primary" onClick={() => copyText(text)}>Copy</Button>
          <a href="/docs">All of the API</a>
        </div>
      </div>
    ),
  }));
  return (
    <Dialog
      title={`Get ${id} from a program`}
      onClose={onClose}
      actions={<Button onClick={onClose}>Close</Button>}
    >
      <Tabs label="Languages" tabs={tabs} />
    </Dialog>
  );
}
