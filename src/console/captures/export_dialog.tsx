import { Button } from "../ui/button.tsx";
import { copyText } from "../ui/copy_text.ts";
import { Dialog } from "../ui/dialog.tsx";

/** How captures become a dataset to train on. */
export function ExportDialog({ stream, onClose }: { stream: string; onClose(): void }) {
  const folder = ["$WEIR_DATA_DIR/captures", ...(stream === "" ? [] : [stream])].join("/");
  const text = `weir export "${folder}" --format yolo --output dataset --val 0.2`;
  return (
    <Dialog
      title={stream === "" ? "Make a dataset of captures" : `Make a dataset of ${stream}'s captures`}
      onClose={onClose}
      actions={
        <>
          <Button onClick={() => void copyText(text)}>Copy</Button>
          <Button kind="primary" onClick={onClose}>Close</Button>
        </>
      }
    >
      <p>
        Run this on the server. It makes a folder for a trainer out of the pictures and what was found in them;{" "}
        <code>--format coco</code> makes COCO's.
      </p>
      <pre tabIndex={0}>{text}</pre>
      <p class="faint small">
        <code>WEIR_DATA_DIR</code> is the server's data folder; <code>weir doctor</code>{" "}
        says where it is. Look the labels through before you train on them: a model made them.
      </p>
    </Dialog>
  );
}
