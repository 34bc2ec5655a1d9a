import type { ComponentChildren } from "preact";

/** One figure with its unit, under its name. */
export function Stat({ label, value, unit, hint }: {
  label: string;
  value: ComponentChildren;
  unit?: string;
  hint?: string;
}) {
  return (
    <div class="stat" title={hint}>
      <dt>{label}</dt>
      <dd>
        <span class="value">{value}</span>
        {unit !== undefined && <span class="unit">{unit}</span>}
      </dd>
    </div>
  );
}

/** Figures side by side. */
export function Stats({ children }: { children: ComponentChildren }) {
  return <dl class="stats">{children}</dl>;
}
