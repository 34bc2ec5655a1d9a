import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { coverPage, Toasts, uncoverPage } from "./toasts.tsx";

/** Something that wants an answer first. The browser keeps the focus inside, Escape closes it, and the focus goes back. */
export function Dialog({ title, large = false, onClose, children, actions }: {
  title: string;
  /** It shows a picture. */
  large?: boolean;
  onClose(): void;
  children: ComponentChildren;
  actions?: ComponentChildren;
}) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const [level, setLevel] = useState<number | undefined>();
  useEffect(() => {
    const before = document.activeElement;
    const shown = dialog.current!;
    shown.showModal();
    setLevel(coverPage());
    return () => {
      uncoverPage();
      shown.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={large ? "large" : ""}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === event.currentTarget && onClose()}
    >
      <div class="dialog-body">
        <h2 id={id}>{title}</h2>
        {children}
        {actions !== undefined && <div class="actions">{actions}</div>}
      </div>
      {level !== undefined && <Toasts level={level} />}
    </dialog>
  );
}
