import type { Actor } from "./actor.ts";
import { ActorError } from "./actor_error.ts";

/** How an actor's hearing is tested. */
export interface HearingOptions<In> {
  /** A question that costs nothing to answer. */
  question: In;
  /** Whoever has not answered after so long never will: something in it does not come back. */
  deafMs: number;
  onDeaf(): void;
}

/** Asks an actor again and again whether it still hears, until it goes down or does not. */
export function watchHearing<In, Out>(actor: Actor<In, Out>, { question, deafMs, onDeaf }: HearingOptions<In>): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let down = false;
  const later = () => void (timer = setTimeout(ask, deafMs / 4));
  const ask = () =>
    actor.ask(question, { timeoutMs: deafMs }).catch((error) => {
      // Any other answer is one.
      if (actor.state === "running" && error instanceof ActorError && error.code === "timeout") onDeaf();
    }).finally(() => down || later());
  actor.link(() => {
    down = true;
    clearTimeout(timer);
  });
  later();
}
