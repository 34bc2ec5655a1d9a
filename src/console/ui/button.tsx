import type { ComponentChildren, JSX } from "preact";
import type { Role } from "../../core/session.ts";
import { refusedTo } from "../state/identity.ts";
import { say } from "./toasts.tsx";

/** What a {@link Button} is given besides what every button takes. */
export interface ButtonProps extends Omit<JSX.HTMLAttributes<HTMLButtonElement>, "size"> {
  /** `primary`: what the page is for. `danger`: what cannot be undone. `quiet`: one among many. Default plain. */
  kind?: "primary" | "danger" | "quiet";
  /** Something is under way: it cannot be pressed again. */
  busy?: boolean;
  /** The least role that may press it: for others it stands there, and says why it does nothing. */
  needs?: Role;
  disabled?: boolean;
  type?: "button" | "submit";
  children: ComponentChildren;
}

/** Something to press. */
export function Button(
  { kind, busy = false, needs, disabled = false, type = "button", children, ...rest }: ButtonProps,
) {
  const refused = needs && refusedTo(needs);
  return (
    <button
      {...rest}
      {...(refused !== undefined && barred(refused))}
      type={type}
      class={`button ${kind ?? ""} ${rest.class ?? ""}`}
      disabled={refused === undefined && (disabled || busy)}
      aria-busy={busy}
    >
      {busy && <span class="spinner" aria-hidden="true" />}
      {children}
    </button>
  );
}

/** It stays within reach of the keyboard, or nobody would hear why. */
function barred(why: string): JSX.HTMLAttributes<HTMLButtonElement> {
  return {
    "aria-disabled": true,
    title: why,
    onClick(event) {
      event.preventDefault();
      say(why, "bad");
    },
  };
}

/** A link that looks like a button: it goes somewhere. */
export function ButtonLink(
  { kind, href, children }: Pick<ButtonProps, "kind" | "children"> & {
    href: string;
  },
) {
  return <a class={`button ${kind ?? ""}`} href={href}>{children}</a>;
}
