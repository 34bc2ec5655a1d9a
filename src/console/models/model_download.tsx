import type { DownloadView } from "../../core/model_registry.ts";
import { call } from "../api/client.ts";
import { Button } from "../ui/button.tsx";
import { bytesText } from "../ui/format.ts";
import { sayProblem } from "../ui/toasts.tsx";

/** How far a model is that is being fetched, or why it came to nothing. */
export function ModelDownload({ name, download: { bytes, of, cause }, onChanged }: {
  name: string;
  download: DownloadView;
  onChanged(): void;
}) {
  const end = async () => {
    try {
      await call("DELETE", `/api/v1/models/${encodeURIComponent(name)}`);
    } catch (thrown) {
      sayProblem(thrown);
    }
    onChanged();
  };
  return (
    <div class="stack">
      {cause === undefined
        ? (
          <label class="download">
            <span class="small">{`${bytesText(bytes)} of ${bytesText(of)}`}</span>
            <progress value={bytes} max={Math.max(1, of)} />
          </label>
        )
        : <p class="note error">{cause}</p>}
      <div class="actions">
        <Button needs="admin" onClick={() => void end()}>{cause === undefined ? "Cancel" : "Dismiss"}</Button>
      </div>
    </div>
  );
}
