import type { ComponentChildren, JSX } from "preact";

/** What a {@link Button} is given besides what every button takes. */
export interface ButtonProps extends Omit<JSX.HTMLAttributes<HTMLButtonElement>, "size"> {
  /** `primary`: what the page is for. `danger`: what cannot be undone. `quiet`: one among many. Default plain. */
  kind?: "primary" | "danger" | "quiet";
  /** Something is under way: it cannot be pressed again. */
  busy?: boolean;
  disabled?: boolean;
  type?: "button" | "submit";
  children: ComponentChildren;
}

/** Something to press. */
export function Button(
  { kind, busy = false, disabled = false, type = "button", children, ...rest }: ButtonProps,
) {
  return (
    <button
      {...rest}
      type={type}
      class={`button ${kind ?? ""} ${rest.class ?? ""}`}
      disabled={disabled || busy}
      aria-busy={busy}
    >
      {busy && <span class="spinner" aria-hidden="true" />}
      {children}
    </button>
  );
}

/** A link that looks like a button: it goes somewhere. */
export function ButtonLink(
  { kind, href, children }: Pick<ButtonProps, "kind" | "children"> & {
    href: string;
  },
) {
  return <a class={`button ${kind ?? ""}`} href={href}>{children}</a>;
}
