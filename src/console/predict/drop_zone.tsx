import { useEffect, useRef } from "preact/hooks";
import { Button } from "../ui/button.tsx";
import { useTakenFile } from "../ui/taken_file.tsx";
import { imageIn } from "./image_file.ts";

/** Where an image is dropped, pasted or chosen. */
export function DropZone({ small, onImage }: {
  /** Leaves the room to the image that is there already. */
  small: boolean;
  onImage(image: Blob): void;
}) {
  const { over, choose, input } = useTakenFile({
    accept: "image/*",
    label: "Image",
    pick: imageIn,
    onFile: onImage,
  });
  const latest = useRef(onImage);
  latest.current = onImage;
  useEffect(() => {
    const paste = ({ clipboardData }: ClipboardEvent) => {
      const image = imageIn([...clipboardData?.files ?? []]);
      if (image) latest.current(image);
    };
    document.addEventListener("paste", paste);
    return () => document.removeEventListener("paste", paste);
  }, []);
  return (
    <div class={`drop ${small ? "small" : ""} ${over ? "over" : ""}`}>
      <p>Drop an image here, paste one, or</p>
      <Button onClick={choose}>Choose a file</Button>
      {input}
    </div>
  );
}
