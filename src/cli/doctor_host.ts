import { accessSync, constants, existsSync, readdirSync, readFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { dirname } from "node:path";
import process from "node:process";
import { directories } from "../../config/directories.ts";
import { formatBytes } from "./format.ts";

/** One finding. */
export interface Check {
  name: string;
  status: "ok" | "warn" | "fail";
  /** What is there. */
  detail: string;
  /** What to do about it, when something is to be done. */
  fix?: string;
  /** The same for tools. */
  data?: unknown;
}

const FILES_WANTED = 1024;
const MEMORY_WANTED = 1_000_000_000;

/** What the machine and its limits are like. */
export function hostChecks(): Check[] {
  return [denoCheck(), coresCheck(), memoryCheck(), filesCheck(), camerasCheck(), graphicsCheck(), ...folderChecks()];
}

function denoCheck(): Check {
  const { deno, v8, typescript } = Deno.version;
  const tested = [2, 9];
  const [major, minor] = deno.split(".").map(Number);
  const data = { deno, v8, typescript, target: Deno.build.target };
  const detail = `${deno} for ${Deno.build.target}`;
  if (major > tested[0] || (major === tested[0] && minor >= tested[1])) {
    return { name: "Deno", status: "ok", detail, data };
  }
  const fix = `Use npx -y deno@2.9.6 instead of deno; older ones are untested`;
  return { name: "Deno", status: "warn", detail, fix, data };
}

function coresCheck(): Check {
  const granted = navigator.hardwareConcurrency;
  const present = cpus().length;
  const detail = granted < present ? `${granted} of ${present}, by the control group` : `${granted}`;
  const check: Check = { name: "cores", status: "ok", detail, data: { granted, present } };
  if (granted >= 2) return check;
  return { ...check, status: "warn", fix: "Decoding and inference share one core; grant two for live streams" };
}

function memoryCheck(): Check {
  const { total, available } = Deno.systemMemoryInfo();
  const constrained = process.constrainedMemory();
  const limit = constrained > 0 && constrained < total ? constrained : undefined;
  const free = limit === undefined ? available : Math.min(available, Math.max(0, limit - process.memoryUsage.rss()));
  const detail = limit === undefined
    ? `${formatBytes(available)} available of ${formatBytes(total)}`
    : `limit ${formatBytes(limit)} by the control group, of ${formatBytes(total)}`;
  const data = { totalBytes: total, availableBytes: free, limitBytes: limit ?? null };
  if (free >= MEMORY_WANTED) return { name: "memory", status: "ok", detail, data };
  const fix = `Less than ${formatBytes(MEMORY_WANTED)} is free: few streams, one replica (--replicas 1)`;
  return { name: "memory", status: "warn", detail, fix, data };
}

function filesCheck(): Check {
  const name = "open files";
  if (Deno.build.os !== "linux") return { name, status: "ok", detail: "not limited in a way that can be read here" };
  const limits = readable(() => readFileSync("/proc/self/limits", "utf8"), "");
  const line = /^Max open files\s+(\S+)\s+(\S+)/m.exec(limits);
  const [soft, hard] = (line?.slice(1) ?? []).map((text) => text === "unlimited" ? Infinity : Number(text));
  if (soft === undefined) return { name, status: "ok", detail: "the limit cannot be read; deno run -A would" };
  const data = { soft, hard };
  if (soft >= FILES_WANTED) return { name, status: "ok", detail: `at most ${soft}`, data };
  return { name, status: "warn", detail: `at most ${soft}`, fix: `Raise it: ulimit -n ${FILES_WANTED}`, data };
}

function camerasCheck(): Check {
  return deviceCheck("USB cameras", devices("/dev", /^video\d+$/), "video");
}

function graphicsCheck(): Check {
  return deviceCheck("graphics devices", graphicsDevices(), "render");
}

/** The devices of this machine that may decode or infer, by their path. */
export function graphicsDevices(): string[] {
  return [...devices("/dev", /^nvidia\d+$/), ...devices("/dev/dri", /^renderD\d+$/)];
}

function devices(folder: string, name: RegExp): string[] {
  return readable(() => readdirSync(folder), []).filter((entry) => name.test(entry)).sort().map((entry) =>
    `${folder}/${entry}`
  );
}

function deviceCheck(name: string, found: string[], group: string): Check {
  if (Deno.build.os !== "linux") return { name, status: "ok", detail: "the system lists them itself" };
  const closed = found.filter((path) => !allows(path, constants.R_OK));
  const data = { found, unreadable: closed };
  if (closed.length > 0) {
    const fix = `Let yourself read them: sudo usermod -aG ${group} $USER, then log in again`;
    return { name, status: "warn", detail: `${closed.join(", ")} cannot be read`, fix, data };
  }
  return { name, status: "ok", detail: found.join(", ") || "none", data };
}

function folderChecks(): Check[] {
  const { data, cache } = directories();
  const folders = [["data folder", data, "WEIR_DATA_DIR"], ["cache folder", cache, "WEIR_CACHE_DIR"], [
    "temporary folder",
    tmpdir(),
    "TMPDIR",
  ]];
  return folders.map(([name, path, variable]) => {
    let present = path;
    while (!existsSync(present) && dirname(present) !== present) present = dirname(present);
    const writable = allows(present, constants.W_OK | constants.X_OK);
    const detail = writable ? path : `${path} cannot be written`;
    const check: Check = { name, status: writable ? "ok" : "fail", detail, data: { path, exists: present === path } };
    return writable ? check : { ...check, fix: `Make it writable, or point ${variable} elsewhere` };
  });
}

/** What `read` answers, or `otherwise` without the permission, or without the thing. */
function readable<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

function allows(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
