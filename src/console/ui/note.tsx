import type { ComponentChildren } from "preact";
import { problemOf } from "../api/problem_error.ts";

/** There is nothing here yet: why, and what to do about it. */
export function Empty({ title, page = false, children, actions }: {
  title: string;
  /** It is all that there is on the page. */
  page?: boolean;
  children?: ComponentChildren;
  actions?: ComponentChildren;
}) {
  return (
    <div class="empty">
      {page ? <h1 tabIndex={-1}>{title}</h1> : <h2>{title}</h2>}
      {children !== undefined && <p>{children}</p>}
      {actions && <div class="actions">{actions}</div>}
    </div>
  );
}

/** Something could not be done: what, why, and how to try again. Faults of fields that no field shows are listed. */
export function ErrorNote({ error, shown = [], retry }: {
  error: unknown;
  /** Paths whose faults stand at their fields already. */
  shown?: readonly string[];
  retry?: () => void;
}) {
  const { message, faults } = problemOf(error);
  const rest = faults.filter(({ path, message: fault }) => !shown.includes(path) && fault !== message);
  return (
    <div class="note error" role="alert">
      <p>{message}</p>
      {rest.length > 0 && (
        <ul>
          {rest.map(({ path, message }) => <li key={path}>{path !== "" && <code>{path}</code>} {message}</li>)}
        </ul>
      )}
      {retry && (
        <button type="button" class="button quiet" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** A place that something will fill in a moment; it takes its room already. */
export function Loading({ what = "Loading" }: { what?: string }) {
  return (
    <div class="loading" role="status">
      <span class="spinner" aria-hidden="true" /> {what}…
    </div>
  );
}
