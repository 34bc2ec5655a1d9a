import { Icon } from "../ui/icon.tsx";
import { useTakenFile } from "../ui/taken_file.tsx";
import { mayUseCameras } from "../webcam/camera.ts";

/** Nothing is looked at yet: what could be. A clip can be dropped on it. */
export function StartChoices({ opening, onCamera, onClip, onSample }: {
  /** The camera is on its way. */
  opening: boolean;
  onCamera(): void;
  onClip(file: File): void;
  onSample(): void;
}) {
  const { over, choose, input } = useTakenFile({
    accept: "video/*,.mkv,.avi,.y4m",
    label: "A clip",
    onFile: onClip,
  });
  const camera = mayUseCameras();
  return (
    <div class={`stage start ${over ? "over" : ""}`}>
      <div class="kinds">
        <button type="button" class="kind" disabled={!camera || opening} aria-busy={opening} onClick={onCamera}>
          <Icon name="camera" />
          <span>
            <strong>Use the camera</strong>
            <span class="hint">
              {camera
                ? "Sit still in good light, your face towards the camera."
                : "Browsers give cameras to pages over HTTPS and on the server's own machine only."}
            </span>
          </span>
        </button>
        <button type="button" class="kind" onClick={choose}>
          <Icon name="film" />
          <span>
            <strong>Choose a clip</strong>
            <span class="hint">Or drop one here: a face for half a minute. The server removes it when you stop.</span>
          </span>
        </button>
        <button type="button" class="kind" onClick={onSample}>
          <Icon name="play" />
          <span>
            <strong>Play the sample</strong>
            <span class="hint">A synthetic head whose heart beats 20 faster or slower every 25 seconds.</span>
          </span>
        </button>
      </div>
      {input}
    </div>
  );
}
