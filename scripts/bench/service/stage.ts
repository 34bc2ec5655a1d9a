import { join } from "node:path";
import { benchClip, clipAtSpeed } from "../clips.ts";
import type { Contestant, SourceWish } from "./contestants.ts";
import { ServiceProcess } from "./service_process.ts";

/** One start of a contestant, with directories of its own and the requests that every scenario makes. */
export class Stage implements AsyncDisposable {
  private constructor(
    readonly contestant: Contestant,
    readonly service: ServiceProcess,
    readonly readyMs: number,
    private readonly directory: string,
    private readonly ownDirectory: boolean,
  ) {}

  /** Starts it; in a directory of the caller's it finds what it remembers. */
  static async set(contestant: Contestant, given?: string): Promise<Stage> {
    const directory = given ?? await Stage.directory();
    const command = contestant.command(join(directory, "data"));
    const { service, readyMs } = await ServiceProcess.start(command);
    return new Stage(contestant, service, readyMs, directory, given === undefined);
  }

  /** A directory to start in. */
  static async directory(): Promise<string> {
    const directory = await Deno.makeTempDir({ prefix: "weir-bench-service-" });
    await Deno.mkdir(join(directory, "data"));
    await Deno.mkdir(join(directory, "media"));
    return directory;
  }

  /** A football pitch in real time without end: Weir draws it, the other service plays it from a file. */
  async pitch(fps: number): Promise<SourceWish> {
    if (this.contestant.id === "weir") return { kind: "scene", scene: "pitch", fps };
    const path = join(this.directory, "media", `pitch-${fps}.mp4`);
    const made = await clipAtSpeed(await benchClip("pitch", { frames: 250 }), fps);
    await Deno.copyFile(made.file, path);
    await Deno.remove(made.file);
    return { kind: "file", path };
  }

  /** Registers a stream. */
  async register(id: string, source: SourceWish): Promise<void> {
    const response = await fetch(`${this.service.url}/api/v1/streams`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(this.contestant.registration(id, source)),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${this.contestant.label} does not take ${id}: ${response.status} ${text}`);
  }

  /** All streams as it tells of them. */
  async streams(): Promise<{ id: string; status?: { frames?: FrameAccount } }[]> {
    return (await (await fetch(`${this.service.url}/api/v1/streams`)).json()).streams;
  }

  /** One of Weir's own metrics, all its series together. */
  async metric(name: string): Promise<number | undefined> {
    if (this.contestant.id !== "weir") return undefined;
    const text = await (await fetch(`${this.service.url}/metrics`)).text();
    const values = text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? ([\\d.e+-]+)`, "gm"));
    return [...values].reduce((sum, [, value]) => sum + Number(value), 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service[Symbol.asyncDispose]();
    if (this.ownDirectory) await Deno.remove(this.directory, { recursive: true });
  }
}

/** What became of a stream's frames. */
export interface FrameAccount {
  received: number;
  completed: number;
  decoded?: number;
  dropped?: Record<string, number>;
  inFlight?: number;
  unaccounted?: number;
}
