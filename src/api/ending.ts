/** Whose doing the end of a call is. */
export type EndingCause = "answered" | "client" | "server" | "login";

const WORDS: Readonly<Record<EndingCause, string>> = {
  answered: "The request has ended",
  client: "The client is gone",
  server: "The server stops",
  login: "The token has expired",
};

/** Why a call's signal aborts. */
export class Ending extends Error {
  override name = "AbortError";

  constructor(readonly by: EndingCause) {
    super(WORDS[by]);
  }
}

/** Closes a WebSocket whose client's token has expired: it may come again with a new one. */
export const LOGIN_EXPIRED = 4401;
const GOING_AWAY = 1001;

/** What a client that is still there is told when its call ends, and the code that its WebSocket is closed with. */
export function farewell({ reason }: AbortSignal): { code: number; reason: string } {
  const by = reason instanceof Ending && reason.by === "login" ? "login" : "server";
  return { code: by === "login" ? LOGIN_EXPIRED : GOING_AWAY, reason: WORDS[by] };
}

/** Timers hold 24 days at most, and clocks are set right: the time is looked at anew so often. */
const LOOK_MS = 60_000;

/** Does something at a moment of the wall clock, Unix milliseconds; at once when that has passed. Answers how to call it off. */
export function atTime(atMs: number, act: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    const leftMs = atMs - Date.now();
    if (leftMs > 0) timer = setTimeout(look, Math.min(leftMs, LOOK_MS));
    else act();
  };
  look();
  return () => clearTimeout(timer);
}
