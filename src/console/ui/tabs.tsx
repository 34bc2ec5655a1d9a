import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";

/** One sheet of {@link Tabs}. */
export interface Tab {
  name: string;
  /** Rendered only while it is shown. */
  render(): ComponentChildren;
}

/** Sheets one behind the other; arrow keys turn them. */
export function Tabs({ label, tabs }: { label: string; tabs: readonly Tab[] }) {
  const id = useId();
  const [shown, show] = useState(0);
  const turn = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const next = (shown + step + tabs.length) % tabs.length;
    show(next);
    document.getElementById(`${id}-${next}`)?.focus();
  };
  return (
    <div class="tabs">
      <div role="tablist" aria-label={label} onKeyDown={turn}>
        {tabs.map(({ name }, index) => (
          <button
            key={name}
            id={`${id}-${index}`}
            type="button"
            role="tab"
            aria-selected={index === shown}
            aria-controls={`${id}-sheet`}
            tabIndex={index === shown ? 0 : -1}
            onClick={() => show(index)}
          >
            {name}
          </button>
        ))}
      </div>
      <div
        role="tabpanel"
        id={`${id}-sheet`}
        aria-labelledby={`${id}-${shown}`}
        tabIndex={0}
      >
        {tabs[shown].render()}
      </div>
    </div>
  );
}
