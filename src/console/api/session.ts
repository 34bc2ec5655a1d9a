import { signal } from "@preact/signals";

/** Who this page is to the server. */
export interface Session {
  /** Sent with every request; a server on this machine asks for none. */
  token?: string;
  /** Why the server did not let the last request in; the page asks for a token then. */
  refused?: string;
}

const KEY = "weir.token";

/** The session as it stands; a page of another tab sees a new token after it is loaded again. */
export const session = signal<Session>(remembered());

/** Goes on as the bearer of a token, here and after a reload. */
export function signIn(token: string): void {
  keep(token);
  session.value = { token };
}

/** Forgets the token. */
export function signOut(): void {
  keep(undefined);
  session.value = {};
}

/** The server let nobody in with what was sent. A token that came in meanwhile is not to blame. */
export function refuse(token: string | undefined, reason: string): void {
  if (session.peek().token === token) {
    session.value = { ...(token !== undefined && { token }), refused: reason };
  }
}

function remembered(): Session {
  try {
    const token = globalThis.localStorage?.getItem(KEY);
    return token ? { token } : {};
  } catch {
    // A browser may forbid a page to remember.
    return {};
  }
}

function keep(token: string | undefined): void {
  try {
    if (token === undefined) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, token);
  } catch {
    // It holds until the page is closed.
  }
}
