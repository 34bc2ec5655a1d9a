import { signOut } from "../api/session.ts";

/** Forgets the token, and what was shown to one person: it is not for the next. */
export function leave(): void {
  signOut();
  location.reload();
}
