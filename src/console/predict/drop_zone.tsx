import { useEffect, useRef, useState } from "preact/hooks";
import { Button } from "../ui/button.tsx";
import { imageIn } from "./image_file.ts";

/** Where an image is dropped, pasted or chosen. */
export function DropZone({ small, onImage }: {
  /** Leaves the room to the image that is there already. */
  small: boolean;
  onImage(image: Blob): void;
}) {
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const latest = useRef(onImage);
  latest.current = onImage;
  useEffect(() => {
    const paste = ({ clipboardData }: ClipboardEvent) => {
      const image = imageIn(clipboardData);
      if (image) latest.current(image);
    };
    document.addEventListener("paste", paste);
    return () => document.removeEventListener("paste", paste);
  }, []);
  return (
    <div
      class={`drop ${small ? "small" : ""} ${over ? "over" : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        const image = imageIn(event.dataTransfer);
        if (image) onImage(image);
      }}
    >
      <p>Drop an image here, paste one, or</p>
      <Button onClick={() => input.current!.click()}>Choose a file</Button>
      <input
        ref={input}
        type="file"
        accept="image/*"
        hidden
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? [];
          if (file) onImage(file);
          event.currentTarget.value = "";
        }}
      />
    </div>
  );
}
