import { useSignal } from "@preact/signals";
import type { StreamView } from "../../core/services.ts";
import { call } from "../api/client.ts";
import { goTo } from "../router.ts";
import { refreshStreams } from "../state/streams.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { say, sayProblem } from "../ui/toasts.tsx";
import { CopyDialog } from "./copy_dialog.tsx";
import { EditDialog } from "./edit_dialog.tsx";

type Verb = "pause" | "resume" | "restart";
const DONE: Record<Verb, string> = {
  pause: "is paused",
  resume: "reads again",
  restart: "connects anew",
};

/** What can be done with a stream. */
export function StreamActions({ view }: { view: StreamView }) {
  const { id, status, origin } = view;
  const busy = useSignal<Verb | "delete" | undefined>(undefined);
  const shown = useSignal<"copy" | "edit" | "delete" | undefined>(undefined);
  const close = () => void (shown.value = undefined);
  const path = `/api/v1/streams/${encodeURIComponent(id)}`;
  const declared = origin === "config";
  const why = declared ? "It is declared in the configuration file; change it there" : undefined;

  const control = async (verb: Verb) => {
    busy.value = verb;
    try {
      await call("POST", `${path}/${verb}`);
      say(`${id} ${DONE[verb]}`);
      await refreshStreams();
    } catch (thrown) {
      sayProblem(thrown);
    } finally {
      busy.value = undefined;
    }
  };
  const remove = async () => {
    busy.value = "delete";
    try {
      await call("DELETE", path);
      say(`${id} is gone`);
      goTo();
      await refreshStreams();
    } catch (thrown) {
      sayProblem(thrown);
      close();
    } finally {
      busy.value = undefined;
    }
  };

  const verb: Verb = status?.state === "paused" ? "resume" : "pause";
  return (
    <>
      <Button needs="operator" busy={busy.value === verb} onClick={() => control(verb)}>
        {verb === "pause" ? "Pause" : "Resume"}
      </Button>
      <Button
        needs="operator"
        busy={busy.value === "restart"}
        onClick={() => control("restart")}
      >
        Restart
      </Button>
      <Button
        needs="operator"
        disabled={declared}
        title={why}
        onClick={() => shown.value = "edit"}
      >
        Edit
      </Button>
      <Button onClick={() => shown.value = "copy"}>Use in code</Button>
      <Button
        kind="danger"
        needs="operator"
        disabled={declared}
        title={why}
        onClick={() => shown.value = "delete"}
      >
        Delete
      </Button>
      {shown.value === "copy" && <CopyDialog id={id} onClose={close} />}
      {shown.value === "edit" && <EditDialog view={view} onClose={close} />}
      {shown.value === "delete" && (
        <Dialog
          title={`Delete ${id}?`}
          onClose={close}
          actions={
            <>
              <Button onClick={close}>Keep it</Button>
              <Button
                kind="danger"
                busy={busy.value === "delete"}
                onClick={remove}
              >
                Delete
              </Button>
            </>
          }
        >
          <p>
            It is ended and forgotten with its history. Pause it instead if it is to come back.
          </p>
        </Dialog>
      )}
    </>
  );
}
