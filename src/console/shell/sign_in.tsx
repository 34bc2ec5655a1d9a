import { useSignal } from "@preact/signals";
import { live } from "../api/live.ts";
import { session, signIn } from "../api/session.ts";
import { refreshStreams } from "../state/streams.ts";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";

/** The server wants to know who is there: a place for the token. */
export function SignIn() {
  const token = useSignal(session.peek().token ?? "");
  const tried = session.value.token !== undefined;
  // How programs send one is of no use here; that the server has none at all is.
  const told = session.value.refused ?? "";
  return (
    <form
      class="sign-in panel"
      onSubmit={(event) => {
        event.preventDefault();
        if (token.peek().trim() === "") return;
        signIn(token.peek().trim());
        live.retry();
        refreshStreams();
      }}
    >
      <h1 tabIndex={-1}>Who are you?</h1>
      <p class="faint">
        This server lets nobody in without a token. Whoever runs it has one for you; it is kept in this browser only.
      </p>
      <Field
        label="Token"
        type="password"
        autocomplete="current-password"
        value={token.value}
        onValue={(value) => token.value = value}
        fault={tried ? session.value.refused : undefined}
        hint={tried || told.startsWith("Send a token") ? undefined : told}
        required
      />
      <Button type="submit" kind="primary">Go on</Button>
    </form>
  );
}
