import type { Timings } from "../../core/results.ts";
import { msText } from "../ui/format.ts";

const PARTS: readonly { key: keyof Timings; name: string; part: string }[] = [
  { key: "decodeMs", name: "decode", part: "decode" },
  { key: "queueMs", name: "queue", part: "queue" },
  { key: "prepareMs", name: "prepare", part: "prepare" },
  { key: "inferMs", name: "model", part: "infer" },
  { key: "postMs", name: "read", part: "post" },
];

/** Where the time of one answer went. */
export function TimingBar({ timings, roundTripMs }: { timings: Timings; roundTripMs: number }) {
  const inside = PARTS.reduce((sum, { key }) => sum + timings[key], 0);
  const parts = [
    ...PARTS.map(({ key, name, part }) => ({ name, part, ms: timings[key] })),
    { name: "on the way", part: "rest", ms: Math.max(0, roundTripMs - inside) },
  ];
  const whole = Math.max(0.001, parts.reduce((sum, { ms }) => sum + ms, 0));
  let at = 0;
  const placed = parts.map((part) => ({ ...part, at: (at += part.ms) - part.ms }));
  return (
    <figure class="timings">
      <svg
        viewBox={`0 0 ${whole} 10`}
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        {placed.map(({ name, part, ms, at }) => <rect key={name} class={part} x={at} width={ms} height="10" />)}
      </svg>
      <figcaption>
        <ul>
          {parts.map(({ name, part, ms }) => (
            <li key={name}>
              <span class={`swatch ${part}`} aria-hidden="true" />
              {name} {msText(ms)} ms
            </li>
          ))}
        </ul>
      </figcaption>
    </figure>
  );
}
