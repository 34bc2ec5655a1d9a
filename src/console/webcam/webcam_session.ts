import { signal } from "@preact/signals";
import { call, session as login } from "../api/client.ts";
import { Camera, type CameraChoice, listCameras } from "./camera.ts";
import { cameraFault } from "./camera_fault.ts";
import { ensureOwnStream, ingestAddress, type PipelineInput } from "./own_stream.ts";
import { Sender, type SenderStatus, type SentAnswer } from "./sender.ts";
import type { WebcamSettings } from "./settings.ts";

/** One camera of this device on its way to the server and back, from start to stop. */
export class WebcamSession<S extends WebcamSettings = WebcamSettings> implements Disposable {
  /** The camera while it is open. */
  readonly camera = signal<Camera | undefined>(undefined);
  readonly cameras = signal<readonly CameraChoice[]>([]);
  /** How sending stands; undefined while it is off. */
  readonly status = signal<SenderStatus | undefined>(undefined);
  /** The latest answer. */
  readonly answer = signal<SentAnswer | undefined>(undefined);
  /** Why the camera is not open although it should be. */
  readonly fault = signal<string | undefined>(undefined);
  readonly opening = signal(false);
  #sender: Sender | undefined;
  #wakeLock: WakeLockSentinel | undefined;
  /** Only the latest attempt to open a camera counts, and only the latest sender. */
  #attempt = 0;
  #round = 0;
  #settings: S;
  #online = () => {
    if (this.status.peek()?.state === "lost") this.retry();
  };

  constructor(
    settings: S,
    /** What is done with the pictures. */
    private readonly pipelineOf: (settings: S) => readonly PipelineInput[] = onlyModel,
  ) {
    this.#settings = settings;
    addEventListener("online", this.#online);
    void this.lookForCameras();
  }

  /** Opens the camera and begins to send. */
  async start(): Promise<void> {
    if (!await this.#open()) return;
    this.#send();
    this.#wakeLock = await navigator.wakeLock?.request("screen").catch(() => undefined);
  }

  /** Ends it all; the camera's light goes out. */
  stop(): void {
    this.#attempt++;
    this.opening.value = false;
    this.#round++;
    this.#sender?.[Symbol.dispose]();
    this.#sender = undefined;
    this.camera.peek()?.[Symbol.dispose]();
    this.camera.value = this.status.value = this.answer.value = undefined;
    void this.#wakeLock?.release().catch(() => {});
    this.#wakeLock = undefined;
  }

  /** Goes on with other settings, at once where it runs. */
  set(settings: S): void {
    const before = this.#settings;
    this.#settings = settings;
    if (!this.#sender) return;
    const { deviceId, facing, width, fps, name } = settings;
    const otherwise = JSON.stringify(this.pipelineOf(settings)) !== JSON.stringify(this.pipelineOf(before));
    if (name !== before.name || otherwise) this.#send();
    else if (fps !== before.fps) this.#sender.fps = fps;
    if (
      deviceId !== before.deviceId || facing !== before.facing ||
      width !== before.width
    ) void this.#open();
  }

  /** Tries again now, where it waits or has given up. */
  retry(): void {
    this.#sender?.retry();
  }

  /** What cameras there are. */
  async lookForCameras(): Promise<void> {
    this.cameras.value = await listCameras();
  }

  [Symbol.dispose](): void {
    removeEventListener("online", this.#online);
    this.stop();
  }

  async #open(): Promise<boolean> {
    const attempt = ++this.#attempt;
    this.fault.value = undefined;
    this.opening.value = true;
    // Phones open one camera at a time.
    this.camera.peek()?.[Symbol.dispose]();
    this.camera.value = undefined;
    try {
      const camera = await Camera.open(this.#settings, () => {
        if (this.camera.peek() === camera) {
          this.#ended("The camera is gone. Connect it again, then start.");
        }
      });
      if (attempt !== this.#attempt) {
        camera[Symbol.dispose]();
        return false;
      }
      this.camera.value = camera;
      void this.lookForCameras();
      return true;
    } catch (error) {
      if (attempt === this.#attempt) this.#ended(cameraFault(error));
      return false;
    } finally {
      if (attempt === this.#attempt) this.opening.value = false;
    }
  }

  #ended(fault: string): void {
    this.stop();
    this.fault.value = fault;
  }

  #send(): void {
    this.#sender?.[Symbol.dispose]();
    const round = ++this.#round;
    const { name, fps } = this.#settings;
    const pipeline = this.pipelineOf(this.#settings);
    this.#sender = new Sender({
      fps,
      address: async () => {
        await ensureOwnStream({ id: name, pipeline }, call);
        return await ingestAddress(name, { ask: call, token: login.peek().token !== undefined });
      },
      capture: () =>
        this.camera.peek()?.capture(this.#settings.width, this.#settings.quality) ??
          Promise.resolve(undefined),
      onAnswer: (answer) => {
        if (round === this.#round) this.answer.value = answer;
      },
      onChange: (status) => {
        if (round === this.#round) this.status.value = status;
      },
    });
  }
}

/** The model that was chosen, if one was. */
function onlyModel({ model = "" }: WebcamSettings): PipelineInput[] {
  return model === "" ? [] : [{ model }];
}
