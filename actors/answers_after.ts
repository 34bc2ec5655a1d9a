import type { Turns } from "../src/core/inference.ts";

/**
 * Turns as they come, whose answers nobody hears before `ahead` has settled. While one pipeline takes the place of another,
 * frames of both run beside each other, and the results keep the order of the frames.
 */
export function answersAfter(ahead: Promise<unknown>, turns: Turns): Turns {
  let open = false;
  const opened = ahead.then(() => void (open = true));
  return {
    async request(model, request, signal) {
      const turn = await turns.request(model, request, signal);
      if (open) return turn;
      return {
        expectedMs: turn.expectedMs,
        waitedMs: turn.waitedMs,
        pass: () => turn.pass(),
        async run(input) {
          const inferred = await turn.run(input);
          await opened;
          return inferred;
        },
      };
    },
  };
}
