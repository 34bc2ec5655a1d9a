import { Button } from "../ui/button.tsx";
import { useTakenFile } from "../ui/taken_file.tsx";

/** Where an ONNX file is dropped or chosen. */
export function ModelDrop({ busy, onFile }: { busy: boolean; onFile(file: File): void }) {
  const { over, choose, input } = useTakenFile({ accept: ".onnx", label: "ONNX file", onFile });
  return (
    <div class={`drop small ${over ? "over" : ""}`}>
      <p>Drop an ONNX file here, or</p>
      <Button busy={busy} onClick={choose}>Choose a file</Button>
      {input}
    </div>
  );
}
