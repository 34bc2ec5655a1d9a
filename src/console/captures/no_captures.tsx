import type { StreamView } from "../../core/services.ts";
import { hrefTo } from "../router.ts";
import { refusedTo } from "../state/identity.ts";
import { ButtonLink } from "../ui/button.tsx";
import { Empty } from "../ui/note.tsx";
import { KeepForm } from "./keep_form.tsx";

/** Nothing is kept as yet: how that begins. */
export function NoCaptures({ streams }: { streams: readonly StreamView[] }) {
  if (streams.length === 0) {
    return (
      <Empty
        title="Nothing is kept yet"
        actions={refusedTo("operator") === undefined && (
          <ButtonLink kind="primary" href={hrefTo("add")}>Add a stream</ButtonLink>
        )}
      >
        Pictures of streams can be kept by rules, with what was found in them. First there must be a stream.
      </Empty>
    );
  }
  const waiting = streams.some(({ registration }) => registration.capture?.enabled);
  return (
    <div class="empty">
      <h2>Nothing is kept yet</h2>
      <p>
        {waiting
          ? "A stream has rules for what to keep; its first picture appears here."
          : "Choose a stream and what of it is to be kept. Its page, under Edit, has more rules: every so many results, by time, by score, on alerts."}
      </p>
      <KeepForm streams={streams} />
      <p class="small">
        In the configuration file it is a stream's <code>{"capture: { everySeconds: 60 }"}</code>.
      </p>
    </div>
  );
}
