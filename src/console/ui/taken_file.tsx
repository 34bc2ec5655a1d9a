import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

/** Which files a place takes, and what it does with one. */
export interface FileTaking {
  /** For the browser's dialog: `.onnx`, `image/*`. */
  accept: string;
  /** What is chosen, for those who do not see the dialog. */
  label: string;
  /** The file that is meant among those that were dropped. Default the first. */
  pick?(files: readonly File[]): File | undefined;
  onFile(file: File): void;
}

/** What {@link useTakenFile} hands over. */
export interface TakenFile {
  /** Files are held over the page. */
  over: boolean;
  /** Opens the browser's dialog. */
  choose(): void;
  /** To be put anywhere; it is not seen. */
  input: VNode;
}

/** A file that is chosen or dropped, anywhere on the page: beside a small target the browser would open it instead. */
export function useTakenFile(taking: FileTaking): TakenFile {
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const latest = useRef(taking);
  latest.current = taking;
  useEffect(() => {
    const drag = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent) => void (event.relatedTarget === null && setOver(false));
    const drop = (event: DragEvent) => {
      setOver(false);
      const files = [...event.dataTransfer?.files ?? []];
      if (files.length === 0) return;
      event.preventDefault();
      const { pick = first, onFile } = latest.current;
      const file = pick(files);
      if (file) onFile(file);
    };
    document.addEventListener("dragover", drag);
    document.addEventListener("dragleave", leave);
    document.addEventListener("drop", drop);
    return () => {
      document.removeEventListener("dragover", drag);
      document.removeEventListener("dragleave", leave);
      document.removeEventListener("drop", drop);
    };
  }, []);
  const { accept, label, onFile } = taking;
  return {
    over,
    choose: () => input.current!.click(),
    input: (
      <input
        ref={input}
        type="file"
        accept={accept}
        aria-label={label}
        hidden
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? [];
          // The same one may be chosen again.
          event.currentTarget.value = "";
          if (file) onFile(file);
        }}
      />
    ),
  };
}

function first(files: readonly File[]): File | undefined {
  return files[0];
}
