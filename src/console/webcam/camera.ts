/** Which camera of this device, and how its pictures are wanted. */
export interface CameraWish {
  /** Empty for whichever looks the way that `facing` says. */
  deviceId: string;
  /** Phones have one to each side. */
  facing: "user" | "environment";
  /** Pixels; the height follows from the camera. */
  width: number;
}

/** A camera of this device that can be chosen. */
export interface CameraChoice {
  deviceId: string;
  name: string;
}

/** One camera of this device, open. */
export class Camera implements Disposable {
  #canvas = document.createElement("canvas");

  private constructor(
    readonly stream: MediaStream,
    /** Shows what the camera sees. */
    readonly video: HTMLVideoElement,
    /** Called when the camera is taken away: pulled out, or forbidden. */
    onEnded: () => void,
  ) {
    this.#track.addEventListener("ended", onEnded);
  }

  /** Opens a camera; rejects with what browsers say, for {@link cameraFault} to put into words. */
  static async open({ deviceId, facing, width }: CameraWish, onEnded: () => void): Promise<Camera> {
    if (!navigator.mediaDevices) throw new DOMException("This page may not use cameras", "SecurityError");
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: {
        ...(deviceId === "" ? { facingMode: { ideal: facing } } : { deviceId: { exact: deviceId } }),
        width: { ideal: width },
        frameRate: { ideal: 30 },
      },
    });
    const video = document.createElement("video");
    video.muted = video.playsInline = true;
    video.srcObject = stream;
    try {
      await video.play();
    } catch (error) {
      for (const track of stream.getTracks()) track.stop();
      throw error;
    }
    return new Camera(stream, video, onEnded);
  }

  /** Whether it looks at whoever uses the device: people know themselves from mirrors. */
  get looksBack(): boolean {
    return this.#track.getSettings().facingMode !== "environment";
  }

  get deviceId(): string {
    return this.#track.getSettings().deviceId ?? "";
  }

  /** The picture of this moment as a JPEG of at most a width and a quality out of 100; undefined while there is none. */
  capture(width: number, quality: number): Promise<Blob | undefined> {
    const { videoWidth, videoHeight } = this.video;
    if (videoWidth === 0 || this.#track.readyState === "ended") return Promise.resolve(undefined);
    const scale = Math.min(1, width / videoWidth);
    const canvas = this.#canvas;
    canvas.width = Math.round(videoWidth * scale);
    canvas.height = Math.round(videoHeight * scale);
    canvas.getContext("2d")!.drawImage(
      this.video,
      0,
      0,
      canvas.width,
      canvas.height,
    );
    return new Promise((resolve) => canvas.toBlob((blob) => resolve(blob ?? undefined), "image/jpeg", quality / 100));
  }

  [Symbol.dispose](): void {
    for (const track of this.stream.getTracks()) track.stop();
    this.video.srcObject = null;
  }

  get #track(): MediaStreamTrack {
    return this.stream.getVideoTracks()[0];
  }
}

/** The cameras of this device; browsers tell their names only once one was allowed. */
export async function listCameras(): Promise<CameraChoice[]> {
  const devices = await navigator.mediaDevices?.enumerateDevices().catch(() => []) ?? [];
  return devices.filter(({ kind, deviceId }) => kind === "videoinput" && deviceId !== "")
    .map(({ deviceId, label }, index) => ({ deviceId, name: label || `Camera ${index + 1}` }));
}

/** Whether the browser lets this page use cameras at all. */
export function mayUseCameras(): boolean {
  return globalThis.isSecureContext && navigator.mediaDevices !== undefined;
}
