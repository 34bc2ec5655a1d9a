import { computed, effect, signal } from "@preact/signals";
import { type Role, ROLES, type SessionView } from "../../core/session.ts";
import { call } from "../api/client.ts";
import { live } from "../api/live.ts";
import { session } from "../api/session.ts";

/** Who this page is to the server; undefined until the server has said so, and while it lets nobody in. */
export const identity = signal<SessionView | undefined>(undefined);

/** Why whoever has come may not do what takes a role; undefined when he may, or while nobody knows. */
export function refusedTo(role: Role): string | undefined {
  const known = identity.value;
  if (!known || ROLES.indexOf(known.role) >= ROLES.indexOf(role)) return undefined;
  return `This takes the role ${role}, and yours is ${known.role}`;
}

/** Keeps {@link identity} true of the token and of the server that is there; the returned function stops that. */
export function followIdentity(): () => void {
  const connected = computed(() => live.status.value.state === "open");
  let asking = new AbortController();
  const stop = effect(() => {
    const { refused } = session.value;
    // A server that comes back may have been told otherwise meanwhile.
    void connected.value;
    asking.abort();
    if (refused !== undefined) return void (identity.value = undefined);
    const { signal } = asking = new AbortController();
    call<SessionView>("GET", "/api/v1/session", undefined, { signal }).then(
      (view) => void (signal.aborted || (identity.value = view)),
      // What was known holds until the server answers again.
      () => {},
    );
  });
  return () => {
    stop();
    asking.abort();
  };
}
