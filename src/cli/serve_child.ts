import { randomBytes } from "node:crypto";
import { dirname, join, resolve } from "node:path";
import { directories } from "../../config/directories.ts";
import { ConfigError } from "../../config/issues.ts";
import { type Config, type ConfigOverrides, loadConfig } from "../../config/load.ts";
import { parseRegistration } from "../../config/schema.ts";
import { isLoopback } from "../api/security/hosts.ts";
import { WeirServer } from "../service/server.ts";
import { Log } from "../telemetry/log.ts";
import type { FlagValues } from "./flags.ts";
import { onInterrupt } from "./interrupt.ts";
import { EXIT } from "./parent/exit_codes.ts";
import { leaveWithParent, PARENT_VARIABLE } from "./parent/leave_with_parent.ts";
import { declarePlugins } from "./plugins.ts";
import { print } from "./print.ts";
import { VERSION } from "./product.ts";
import type { serveHelp } from "./serve_flags.ts";
import { UsageError } from "./usage_error.ts";
import { watchFile } from "./watch_file.ts";

type ServeFlags = FlagValues<typeof serveHelp.flags>;

const DEMO = parseRegistration({
  id: "default",
  source: { kind: "scene", scene: "pitch", pace: "realtime" },
  pipeline: [{ model: "weir-pitch" }, { analyzer: "track" }],
  labels: { demo: "synthetic football pitch" },
});

/** The server itself, until it is asked to stop. Answers the exit code. */
export async function serve(flags: ServeFlags): Promise<number> {
  const dataDir = resolve(flags["data-dir"] ?? directories().data);
  const plugins = await declarePlugins(flags.plugin ?? []);
  const path = flags.config ?? Deno.env.get("WEIR_CONFIG");
  const load = async () => withDemo(await configOf(path, flags), flags);
  const config = await load();
  const first = isOpen(config) ? firstToken(dataDir) : undefined;
  const token = first && await ensureToken(first.file);
  if (first) config.auth.tokens.push(first);
  // Under the parent every line is JSON: it tells ours from what native code says.
  const supervised = Deno.env.get(PARENT_VARIABLE) !== undefined;
  await using log = new Log({ level: config.telemetry.level, format: supervised ? "json" : config.telemetry.format });
  const stop = Promise.withResolvers<number>();
  using _parent = leaveWithParent({ onGone: () => stop.resolve(EXIT.done) });
  using _interrupt = onInterrupt(() => stop.resolve(EXIT.done));
  const server = await WeirServer.start({
    config,
    dataDir,
    version: VERSION,
    log,
    plugins,
    onExhausted: () => stop.resolve(EXIT.restart),
  }).catch((error) => {
    // A port or a directory that is taken will still be taken at the next try.
    throw new UsageError((error as Error).message);
  });
  try {
    print(welcome(server.url, { token, secured: config.auth.tokens.length > 0 || config.auth.jwt !== undefined }));
    using _watch = path === undefined ? undefined : watchFile(path, async () => {
      try {
        const changed = await load();
        if (isOpen(changed) && first) changed.auth.tokens.push(first);
        const later = await server.reload(changed);
        log.info(`Took over the changes of ${path}`);
        if (later.length > 0) log.warn(`Counts from the next start only: ${later.join(", ")}`);
      } catch (error) {
        log.error(`Kept what there is: ${(error as Error).message}`);
      }
    });
    const code = await stop.promise;
    log.info("Stopping: streams finish what they have under way");
    return code;
  } finally {
    await server[Symbol.asyncDispose]();
  }
}

async function configOf(path: string | undefined, flags: ServeFlags): Promise<Config> {
  const overrides: ConfigOverrides = {};
  const set = (section: string, key: string, value: unknown) => {
    if (value !== undefined) (overrides[section] ??= {})[key] = value;
  };
  set("server", "host", flags.host);
  set("server", "port", flags.port);
  set("sources", "mediaRoot", flags["media-root"]);
  try {
    return await loadConfig(path, { env: Deno.env.toObject(), overrides });
  } catch (error) {
    if (error instanceof ConfigError) throw new UsageError(error.message);
    throw new UsageError((error as Error).message);
  }
}

function withDemo(config: Config, { demo }: ServeFlags): Config {
  return demo && config.streams.length === 0 ? { ...config, streams: [DEMO] } : config;
}

/** Whether anybody beyond this machine could come in, for want of anything that is asked for. */
function isOpen({ auth, server }: Config): boolean {
  return !isLoopback(server.host) && auth.tokens.length === 0 && !auth.jwt;
}

/** Beyond loopback nobody gets in without a token: without any, there is this one. */
function firstToken(dataDir: string) {
  return { name: "first", file: join(dataDir, "token"), role: "admin" } as const;
}

/** Makes a token where there is none yet, to be kept in that file and told once. */
async function ensureToken(file: string): Promise<string | undefined> {
  try {
    await Deno.mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const made = randomBytes(24).toString("base64url");
    await Deno.writeTextFile(file, `${made}\n`, { createNew: true, mode: 0o600 });
    return made;
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}

function welcome(url: string, { token, secured }: { token?: string; secured: boolean }): string {
  const header = token ? ` -H 'Authorization: Bearer ${token}'` : secured ? " -H 'Authorization: Bearer …'" : "";
  return [
    `Weir ${VERSION} is at ${url}`,
    `  live results   curl -N${header} ${url}/stream`,
    `  console        ${url}/ in a browser`,
    `  its API        ${url}/docs`,
    ...(token ? [`  token          ${token}   (admin; printed this once, kept in the data directory)`] : []),
  ].join("\n");
}
