import { join } from "node:path";
import { resolveModel } from "../../../models/manifest.ts";
import { weirArguments } from "../fresh_process.ts";
import { say } from "../say.ts";
import { freePort, type ServiceCommand } from "./service_process.ts";

/** A source as one of the services takes it. */
export type SourceWish = { kind: string; [option: string]: unknown };

/** One of the services that are compared. */
export interface Contestant {
  id: "weir" | "peer";
  label: string;
  /** How it is started with what it remembers in a directory. */
  command(dataDir: string): ServiceCommand;
  /** A registration as it takes it. */
  registration(id: string, source: SourceWish): Record<string, unknown>;
  /** Whether it says when more pictures of a webcam are wanted. */
  credits: boolean;
}

/** The model that both run: it comes with the product. */
export const MODEL = "weir-pitch";

/** Weir as a user starts it, with its small parent process. */
export const weir: Contestant = weirWith({});

/** Weir that keeps another model loaded for single images, each of which may take so long. */
export function weirForImages(model: string, predictMs: number): Contestant {
  return weirWith({ WEIR_INFERENCE__DEFAULT_MODEL: model, WEIR_LIMITS__PREDICT_MS: String(predictMs) });
}

function weirWith(more: Record<string, string>): Contestant {
  return {
    id: "weir",
    label: "Weir",
    credits: true,
    command(dataDir) {
      const port = freePort();
      const args = ["serve", "--port", String(port), "--data-dir", dataDir];
      const env = {
        NO_COLOR: "1",
        // All clients of a benchmark come from one address.
        WEIR_LIMITS__READS_PER_MINUTE: "1000000",
        WEIR_LIMITS__WRITES_PER_MINUTE: "1000000",
        // As in the other service; the default is that of a minute and a half.
        WEIR_EVENTS__QUEUE: "64",
        ...more,
      };
      return { command: Deno.execPath(), args: weirArguments(args), env, port };
    },
    registration: (id, source) => ({ id, source, pipeline: [{ model: MODEL }] }),
  };
}

/** The FastAPI service, with an interpreter that has what it needs. */
export async function peer(python: string, model = MODEL): Promise<Contestant> {
  const spec = await resolveModel(model);
  return {
    id: "peer",
    label: "FastAPI + sse-starlette + ONNX Runtime",
    credits: false,
    command(dataDir) {
      const port = freePort();
      const script = new URL("./peer/service.py", import.meta.url).pathname;
      const args = [script, String(port), join(dataDir, "streams.json"), JSON.stringify(spec)];
      return { command: python, args, env: { PYTHONDONTWRITEBYTECODE: "1" }, port };
    },
    registration: (id, source) => ({ id, source }),
  };
}

/** An interpreter with the peer's libraries, installed once into the cache folder; undefined where that cannot be. */
export async function peerPython(cacheDir: string): Promise<string | undefined> {
  const requirements = new URL("./peer/requirements.txt", import.meta.url).pathname;
  const venv = join(cacheDir, "service-peer");
  const python = join(venv, "bin", "python");
  const mark = join(venv, "installed");
  const wanted = await Deno.readTextFile(requirements);
  if (await Deno.readTextFile(mark).catch(() => "") === wanted) return python;
  say("installing the peer's libraries");
  try {
    await succeed("python3", ["-m", "venv", venv]);
    await succeed(python, ["-m", "pip", "install", "--quiet", "-r", requirements]);
  } catch (error) {
    say(`The peer is left out: ${(error as Error).message}`);
    return undefined;
  }
  await Deno.writeTextFile(mark, wanted);
  return python;
}

async function succeed(command: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args, stdout: "null", stderr: "piped" }).output();
  if (!success) {
    throw new Error(`${command} ${args.join(" ")} failed\n${new TextDecoder().decode(stderr).slice(-1000)}`);
  }
}
