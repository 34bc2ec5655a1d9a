import { CAMERA_FLAG, type CameraOptions } from "./camera.ts";
import { weirArguments } from "./fresh_process.ts";

/** Cameras that play in a process of their own; see {@link CameraOptions}. */
export class CameraProcess implements AsyncDisposable {
  #child: Deno.ChildProcess;
  #lines: ReadableStreamDefaultReader<string>;
  #rest = "";
  #ended: Promise<Record<string, number>> | undefined;

  constructor(options: CameraOptions) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [...weirArguments(["bench"]), CAMERA_FLAG, JSON.stringify(options)],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** The addresses of the cameras; they are called `c1`, `c2`, … */
  async urls(cameras: number): Promise<string[]> {
    const { port } = await this.#line() as { port: number };
    return Array.from({ length: cameras }, (_, n) => `rtsp://127.0.0.1:${port}/c${n + 1}`);
  }

  /** Ends the cameras and answers when each sent its first picture, Unix milliseconds, by name. */
  end(): Promise<Record<string, number>> {
    return this.#ended ??= this.#end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  async #end(): Promise<Record<string, number>> {
    await this.#child.stdin.close();
    const { firstSentAtMs } = await this.#line() as { firstSentAtMs: Record<string, number> };
    await this.#lines.cancel();
    await this.#child.status;
    return firstSentAtMs;
  }

  async #line(): Promise<unknown> {
    while (!this.#rest.includes("\n")) {
      const { value, done } = await this.#lines.read();
      if (done) throw new Error("Cannot play cameras: their process ended");
      this.#rest += value;
    }
    const end = this.#rest.indexOf("\n");
    const line = this.#rest.slice(0, end);
    this.#rest = this.#rest.slice(end + 1);
    return JSON.parse(line);
  }
}
