import { useSignal } from "@preact/signals";
import type { StreamView } from "../../core/services.ts";
import { call } from "../api/client.ts";
import { refreshStreams } from "../state/streams.ts";
import { Button } from "../ui/button.tsx";
import { Select } from "../ui/field.tsx";
import { ErrorNote } from "../ui/note.tsx";
import { say } from "../ui/toasts.tsx";

/** Rules to begin with; the stream's page has all the others. */
const RULES: readonly { name: string; text: string; rules: object }[] = [
  { name: "minute", text: "One picture a minute", rules: { everySeconds: 60 } },
  { name: "sample", text: "A sample of 200 pictures a day", rules: { reservoir: 200 } },
  { name: "low", text: "Where something scores below 0.4", rules: { below: 0.4 } },
  {
    name: "alert",
    text: "What alerts speak of, with video around it",
    rules: { onAlert: true, clips: {} },
  },
];
const KEEP = { days: 30 };

/** Switches the keeping of pictures on for a stream that has no rules for it yet. */
export function KeepForm({ streams }: { streams: readonly StreamView[] }) {
  const stream = useSignal("");
  const rule = useSignal(RULES[0].name);
  const busy = useSignal(false);
  const error = useSignal<unknown>(undefined);
  const able = streams.filter(({ origin, registration }) => origin === "api" && !registration.capture);
  if (able.length === 0) return null;
  const chosen = able.find(({ id }) => id === stream.value) ?? able[0];
  const begin = async (event: Event) => {
    event.preventDefault();
    busy.value = true;
    error.value = undefined;
    try {
      const { rules } = RULES.find(({ name }) => name === rule.peek())!;
      await call("PATCH", `/api/v1/streams/${encodeURIComponent(chosen.id)}`, { capture: { ...rules, keep: KEEP } });
      say(`Pictures of ${chosen.id} are kept from now on`);
      await refreshStreams();
    } catch (thrown) {
      error.value = thrown;
    } finally {
      busy.value = false;
    }
  };
  return (
    <form class="keep" onSubmit={begin}>
      <Select
        label="Stream"
        value={chosen.id}
        options={able.map(({ id }) => ({ value: id, text: id }))}
        onValue={(id) => stream.value = id}
      />
      <Select
        label="Keep, for 30 days"
        value={rule.value}
        options={RULES.map(({ name, text }) => ({ value: name, text }))}
        onValue={(name) => rule.value = name}
      />
      <Button kind="primary" type="submit" needs="operator" busy={busy.value}>Keep</Button>
      {error.value !== undefined && <ErrorNote error={error.value} />}
    </form>
  );
}
