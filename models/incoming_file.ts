import { createHash, randomUUID } from "node:crypto";
import { join } from "node:path";
import { ModelError } from "./model_error.ts";

/**
 * A file on its way into the registry. It lies apart from what is complete, under a name that tells people and messages
 * what it is, and is gone with its folder unless it was taken over.
 */
export class IncomingFile implements AsyncDisposable {
  /** What messages call it. */
  readonly shown: string;
  readonly path: string;
  #folder: string;
  #file: Deno.FsFile | undefined;
  #hash = createHash("sha256");
  #bytes = 0;
  #digest: string | undefined;

  /** Makes room for a file below `directory`. `shown` is how its sender calls it. */
  static async open(directory: string, shown: string): Promise<IncomingFile> {
    const folder = join(directory, `in-${randomUUID()}`);
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    return new IncomingFile(folder, shown);
  }

  private constructor(folder: string, shown: string) {
    this.#folder = folder;
    this.shown = shown.split(/[/\\]/).at(-1)!.replace(/[^A-Za-z0-9._-]+/g, "-").slice(-80) || "model.onnx";
    // A dot file, or one without an ending, would be shown as what it is not.
    const plain = this.shown.replace(/^\.+/, "");
    this.path = join(folder, /\.onnx$/i.test(plain) ? plain : `${plain || "model"}.onnx`);
  }

  /** How many bytes have come. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes the next bytes in. */
  async write(bytes: Uint8Array): Promise<void> {
    try {
      this.#file ??= await Deno.open(this.path, { write: true, createNew: true, mode: 0o600 });
      this.#hash.update(bytes);
      this.#bytes += bytes.length;
      for (let sent = 0; sent < bytes.length;) sent += await this.#file.write(bytes.subarray(sent));
    } catch (error) {
      throw cannotKeep(this.shown, error);
    }
  }

  /** All has come and lies on the disk. Answers the SHA-256. */
  async finish(): Promise<string> {
    if (this.#digest !== undefined) return this.#digest;
    try {
      this.#file ??= await Deno.open(this.path, { write: true, createNew: true, mode: 0o600 });
      await this.#file.sync();
    } catch (error) {
      throw cannotKeep(this.shown, error);
    }
    this.#close();
    return this.#digest = this.#hash.digest("hex");
  }

  /** Gives the file its place among the complete ones; nothing is left to dispose of then but the folder. */
  async moveTo(path: string): Promise<void> {
    await Deno.rename(this.path, path);
  }

  /** The message of an error that speaks of the path here, as whoever sent the file would say it. */
  inWords(message: string): string {
    return message.replaceAll(this.path, this.shown);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    await Deno.remove(this.#folder, { recursive: true }).catch(() => {});
  }

  #close(): void {
    this.#file?.close();
    this.#file = undefined;
  }
}

/** Why a file could not be kept; a full disk is said to be one. */
export function cannotKeep(what: string, error: unknown): ModelError {
  if (error instanceof ModelError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const full = /ENOSPC|No space left|os error 28|os error 112|quota/i.test(message);
  return new ModelError("storage", `Cannot keep ${what}: ${full ? "the disk is full" : message}`, { cause: error });
}
