import { countText, msText } from "../ui/format.ts";
import { Stat, Stats } from "../ui/stat.tsx";
import type { SenderStatus, SentAnswer } from "./sender.ts";

/** How many pictures went, came back and did not, and how long that took. */
export function SentFigures(
  { status, answer }: {
    status: SenderStatus | undefined;
    answer: SentAnswer | undefined;
  },
) {
  const {
    sent = 0,
    answered = 0,
    dropped = 0,
    refused = 0,
    roundTripMs,
    roundTripP95Ms,
  } = status ?? {};
  const { ageMs, timings } = answer?.result ?? {};
  const ms = (value: number | undefined) => ({
    value: value === undefined ? "–" : msText(value),
    ...(value !== undefined && { unit: "ms" }),
  });
  return (
    <Stats>
      <Stat
        label="Round trip"
        {...ms(roundTripMs)}
        hint="From camera to drawn boxes: half of the last 100 were faster"
      />
      <Stat label="95 % within" {...ms(roundTripP95Ms)} />
      <Stat
        label="At the server"
        {...ms(ageMs)}
        hint="The age of the last result when it left the server"
      />
      <Stat
        label="Model"
        {...ms(timings?.inferMs)}
        hint="The model's run on the last picture"
      />
      <Stat label="Sent" value={countText(sent)} />
      <Stat label="Answered" value={countText(answered)} />
      <Stat
        label="Dropped"
        value={countText(dropped)}
        hint="Sent, but a newer one was answered instead"
      />
      {refused > 0 && (
        <Stat
          label="Refused"
          value={countText(refused)}
          hint="Not taken as a picture"
        />
      )}
    </Stats>
  );
}
