import { useEffect, useRef, useState } from "preact/hooks";
import { Button } from "../ui/button.tsx";

/** Where an ONNX file is dropped or chosen; it may be dropped anywhere on the page. */
export function ModelDrop({ busy, onFile }: { busy: boolean; onFile(file: File): void }) {
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const latest = useRef(onFile);
  latest.current = onFile;
  useEffect(() => {
    const drag = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent) => void (event.relatedTarget === null && setOver(false));
    const drop = (event: DragEvent) => {
      setOver(false);
      const [file] = event.dataTransfer?.files ?? [];
      if (!file) return;
      event.preventDefault();
      latest.current(file);
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
  return (
    <div class={`drop small ${over ? "over" : ""}`}>
      <p>Drop an ONNX file here, or</p>
      <Button busy={busy} onClick={() => input.current!.click()}>Choose a file</Button>
      <input
        ref={input}
        type="file"
        accept=".onnx"
        aria-label="ONNX file"
        hidden
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? [];
          if (file) onFile(file);
          event.currentTarget.value = "";
        }}
      />
    </div>
  );
}
