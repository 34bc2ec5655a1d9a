import { useSignal } from "@preact/signals";
import type { AlertEvent } from "../../core/events.ts";
import { Dialog } from "../ui/dialog.tsx";
import { timeText } from "../ui/format.ts";
import type { StreamRecord } from "./record.ts";

/** What was reported since the page is open, newest first, each with its picture. */
export function Alerts({ record }: { record: StreamRecord }) {
  const large = useSignal<AlertEvent | undefined>(undefined);
  return (
    <>
      <ul class="alerts" tabIndex={0} aria-label="Alerts, newest first">
        {record.alerts.value.map((alert) => (
          <li key={`${alert.at} ${alert.alert}`}>
            {alert.picture && (
              <button
                type="button"
                aria-label={`The picture of ${alert.message}`}
                onClick={() => large.value = alert}
              >
                <img src={pictureOf(alert)} alt="" width={alert.picture.width} height={alert.picture.height} />
              </button>
            )}
            <p>
              <strong>{alert.message}</strong>
              <span class="faint small">{`${timeText(Date.parse(alert.at))} · ${alert.alert}`}</span>
            </p>
          </li>
        ))}
      </ul>
      {large.value && (
        <Dialog title={large.value.message} onClose={() => large.value = undefined}>
          <img class="alert-picture" src={pictureOf(large.value)} alt={`The picture of ${large.value.message}`} />
        </Dialog>
      )}
    </>
  );
}

function pictureOf({ picture }: AlertEvent): string {
  return `data:image/jpeg;base64,${picture?.jpeg}`;
}
