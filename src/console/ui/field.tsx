import { cloneElement, type ComponentChildren, type VNode } from "preact";
import { useId } from "preact/hooks";
import type { JSX } from "preact";

/** What is around a control. */
export interface LabelledProps {
  label: string;
  /** What to know before filling it in. */
  hint?: ComponentChildren;
  /** What is wrong with what is in it. */
  fault?: string | undefined;
}

/** A control with its label, its hint and its fault, tied together for those who do not see them side by side. */
export function Labelled(
  { label, hint, fault, children }: LabelledProps & {
    children: VNode<Record<string, unknown>>;
  },
) {
  const id = useId();
  const describedBy = [
    hint !== undefined && `${id}-hint`,
    fault !== undefined && `${id}-fault`,
  ].filter(Boolean).join(
    " ",
  );
  const control = cloneElement(children, {
    id,
    ...(describedBy !== "" && { "aria-describedby": describedBy }),
    ...(fault !== undefined && { "aria-invalid": true }),
  });
  return (
    <div class={`field ${fault === undefined ? "" : "faulty"}`}>
      <label for={id}>{label}</label>
      {control}
      {hint !== undefined && <p class="hint" id={`${id}-hint`}>{hint}</p>}
      {fault !== undefined && <p class="fault" id={`${id}-fault`}>{fault}</p>}
    </div>
  );
}

/** A {@link Field}'s settings: those of an input, and what it tells. */
export interface FieldProps extends LabelledProps, Omit<JSX.HTMLAttributes<HTMLInputElement>, "label"> {
  value: string | number;
  onValue(value: string): void;
  type?: string;
  placeholder?: string;
  required?: boolean;
  min?: number;
  max?: number;
  step?: number | "any";
  maxLength?: number;
  autocomplete?: string;
  disabled?: boolean;
}

/** One line to fill in. */
export function Field(
  { label, hint, fault, value, onValue, ...rest }: FieldProps,
) {
  return (
    <Labelled label={label} hint={hint} fault={fault}>
      <input
        spellcheck={false}
        {...rest}
        value={value}
        onInput={(event) => onValue(event.currentTarget.value)}
      />
    </Labelled>
  );
}

/** A {@link Select}'s settings. */
export interface SelectProps extends LabelledProps {
  value: string;
  options: readonly { value: string; text: string; disabled?: boolean }[];
  onValue(value: string): void;
  disabled?: boolean;
}

/** One choice out of several. */
export function Select(
  { label, hint, fault, value, options, onValue, disabled = false }: SelectProps,
) {
  return (
    <Labelled label={label} hint={hint} fault={fault}>
      <select
        value={value}
        disabled={disabled}
        onChange={(event) => onValue(event.currentTarget.value)}
      >
        {options.map((option) => (
          <option
            key={option.value}
            value={option.value}
            disabled={option.disabled ?? false}
          >
            {option.text}
          </option>
        ))}
      </select>
    </Labelled>
  );
}

/** Yes or no. */
export function Check(
  { label, checked, onValue }: {
    label: string;
    checked: boolean;
    onValue(checked: boolean): void;
  },
) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={checked}
        onChange={(event) => onValue(event.currentTarget.checked)}
      />
      {label}
    </label>
  );
}
