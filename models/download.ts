import { redactUrls } from "../src/core/redact.ts";
import { sha256Of } from "./file_digest.ts";
import { cannotKeep } from "./incoming_file.ts";
import { ModelError } from "./model_error.ts";

/** What is to be fetched. */
export interface DownloadTarget {
  url: string;
  bytes: number;
  sha256: string;
  /** Where it lies until it is complete, and goes on from when it broke off. */
  path: string;
}

/** How a download goes about it. */
export interface DownloadOptions {
  signal?: AbortSignal;
  /** Bytes that are there, of all there will be. */
  onProgress?(bytes: number): void;
  /** Throws where an address may not be contacted; asked of redirects, too. */
  check?(url: URL): Promise<void>;
  /** Without a byte for so long it is broken off and tried again. Default 30 s. */
  stallMs?: number;
  /** Tries in a row that bring nothing. Default 5. */
  attempts?: number;
  /** The pause before the second try; each further one is twice as long. Default 500. */
  pauseMs?: number;
}

const REDIRECTS_MAX = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const PAUSE_MAX_MS = 8000;
/** What the other side may say again another time. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

/** A try that failed and may go better the next time; `afresh` when what lies there is of no use to it. */
class Interrupted extends Error {
  constructor(message: string, readonly afresh = false) {
    super(message);
  }
}

/** Fetches a file and answers once it is there, whole and with the right content; what broke off goes on. */
export async function download(target: DownloadTarget, options: DownloadOptions = {}): Promise<void> {
  const { path } = target;
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path, { read: true, write: true, create: true, mode: 0o600 });
  } catch (error) {
    throw cannotKeep(path, error);
  }
  using _ = file;
  if (!await file.tryLock(true)) throw failure(target, "another process is fetching it");
  const resumed = (await file.stat()).size > 0;
  try {
    await fetchAll(file, target, options);
    await file.sync();
    if (await sha256Of(path) === target.sha256) return;
    // What lay there may have been of something else; from the beginning it is known whose it is.
    if (resumed) {
      await file.truncate(0);
      await fetchAll(file, target, options);
      await file.sync();
      if (await sha256Of(path) === target.sha256) return;
    }
    throw failure(
      target,
      "what came is not what was published: its SHA-256 is another one, so it is thrown away",
      true,
    );
  } catch (error) {
    if (error instanceof ModelError && error.code === "checksum") await Deno.remove(path).catch(() => {});
    throw error;
  }
}

async function fetchAll(file: Deno.FsFile, target: DownloadTarget, options: DownloadOptions): Promise<void> {
  const { attempts = 5, pauseMs = 500, signal, onProgress } = options;
  for (let tries = 1;; tries++) {
    const before = (await file.stat()).size;
    if (before > target.bytes) await file.truncate(0);
    else if (before === target.bytes) return onProgress?.(before);
    try {
      await fetchRest(file, target, options);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (!(error instanceof Interrupted)) throw error;
      if (error.afresh) await file.truncate(0);
      // As long as there is progress there is hope.
      if ((await file.stat()).size > before) tries = 1;
      if (tries >= attempts) throw failure(target, `${error.message} (tried ${attempts} times)`);
      await pause(Math.min(PAUSE_MAX_MS, pauseMs * 2 ** (tries - 1)) * (0.5 + Math.random() / 2), signal);
    }
  }
}

/** One request for what is missing. */
async function fetchRest(file: Deno.FsFile, target: DownloadTarget, options: DownloadOptions): Promise<void> {
  const { signal, stallMs = 30_000, onProgress } = options;
  let at = (await file.stat()).size;
  const stalled = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const watch = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stalled.abort(), stallMs);
  };
  const both = signal ? AbortSignal.any([signal, stalled.signal]) : stalled.signal;
  watch();
  let response: Response | undefined;
  try {
    response = await follow(target, { at, signal: both, check: options.check });
    if (at > 0 && response.status !== 206) {
      // A server that knows no ranges begins anew, and so do we.
      await file.truncate(0);
      at = 0;
    }
    await file.seek(at, Deno.SeekMode.Start);
    for await (const piece of response.body ?? []) {
      watch();
      at += piece.length;
      if (at > target.bytes) {
        throw failure(target, `more came than the ${target.bytes} bytes that were published`, true);
      }
      await write(file, piece, target);
      onProgress?.(at);
    }
  } catch (error) {
    await response?.body?.cancel().catch(() => {});
    if (error instanceof ModelError || signal?.aborted) throw error;
    if (stalled.signal.aborted) throw new Interrupted(`nothing came for ${stallMs / 1000} s`);
    throw error instanceof Interrupted ? error : new Interrupted(`the connection broke: ${wordsOf(error)}`);
  } finally {
    clearTimeout(timer);
  }
  if (at < target.bytes) throw new Interrupted(`it broke off after ${at} of ${target.bytes} bytes`);
}

/** The answer to the request, through redirects that are let pass. */
async function follow(
  target: DownloadTarget,
  { at, signal, check }: { at: number; signal: AbortSignal; check?: DownloadOptions["check"] },
): Promise<Response> {
  let url = new URL(target.url);
  for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
    await check?.(url).catch((error) => Promise.reject(failure(target, wordsOf(error))));
    const headers = { "accept-encoding": "identity", ...(at > 0 && { range: `bytes=${at}-` }) };
    const response = await fetch(url, { headers, redirect: "manual", signal });
    const { status } = response;
    if (status === 200 || status === 206) return expected(response, target, at);
    const location = response.headers.get("location");
    await response.body?.cancel();
    if (REDIRECTS.has(status) && location !== null) {
      url = redirected(url, location, target);
      continue;
    }
    if (status === 416) throw new Interrupted(`${url.host} has nothing from byte ${at} on`, true);
    if (PASSING.has(status)) throw new Interrupted(`${url.host} answered ${status}`);
    throw failure(target, `${url.host} answered ${status}${status === 404 ? ", there is no such file" : ""}`);
  }
  throw failure(target, `it was redirected more than ${REDIRECTS_MAX} times`);
}

async function expected(response: Response, target: DownloadTarget, at: number): Promise<Response> {
  const refuse = async (why: string, wrong = false) => {
    await response.body?.cancel();
    return failure(target, why, wrong);
  };
  if (response.status === 206) {
    const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get("content-range") ?? "");
    if (!range || Number(range[1]) !== at) throw await refuse("the server sent another part than it was asked for");
    if (range[2] !== "*" && Number(range[2]) !== target.bytes) throw await refuse(otherSize(range[2], target), true);
    return response;
  }
  const length = response.headers.get("content-length");
  if (length !== null && Number(length) !== target.bytes) throw await refuse(otherSize(length, target), true);
  return response;
}

function otherSize(length: string, { bytes }: DownloadTarget): string {
  return `it has ${length} bytes there, and ${bytes} were published`;
}

function redirected(from: URL, location: string, target: DownloadTarget): URL {
  if (!URL.canParse(location, from)) throw failure(target, "it was redirected to what is no address");
  const to = new URL(location, from);
  if (to.protocol !== "https:" && to.protocol !== "http:") {
    throw failure(target, `it was redirected to ${to.protocol}, which is not followed`);
  }
  if (from.protocol === "https:" && to.protocol === "http:") {
    throw failure(target, `it was redirected from https to http (${to.host}), which is not followed`);
  }
  return to;
}

async function write(file: Deno.FsFile, piece: Uint8Array, target: DownloadTarget): Promise<void> {
  try {
    for (let sent = 0; sent < piece.length;) sent += await file.write(piece.subarray(sent));
  } catch (error) {
    throw cannotKeep(target.path, error);
  }
}

/** `wrong` is what makes no sense to keep. */
function failure({ url }: DownloadTarget, why: string, wrong = false): ModelError {
  return new ModelError(wrong ? "checksum" : "download", `Cannot fetch ${redactUrls(url)}: ${redactUrls(why)}`);
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message.split("\n")[0] : String(error);
}

async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal?.addEventListener("abort", () => resolve(), { once: true });
  await promise;
  clearTimeout(timer);
  signal?.throwIfAborted();
}
