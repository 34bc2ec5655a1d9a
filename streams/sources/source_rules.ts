import { dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { isIP } from "node:net";
import { redactUrl } from "../../src/core/redact.ts";
import { ServiceError } from "../../src/core/service_error.ts";
import { SourceError } from "../../src/core/source.ts";
import { checkAddress, checkUrl, isWithin, type Network, parseNetwork } from "./check_url.ts";
import type { ContactRules } from "./contact_rules.ts";
import { failAfter } from "./fail_after.ts";
import { resolveHost } from "./reach.ts";
import type { SourceConfig } from "./registry.ts";

/** Where frames may come from: the section `sources` of the configuration. */
export interface SourceRulesOptions {
  /** Directory below which files may be played; without it none may. */
  mediaRoot?: string;
  /** Directory of clips that were sent to the server, which may be played, too. */
  uploads?: string;
  /** Schemes without the colon. */
  schemes: readonly string[];
  /** Hosts, wildcards (`*.example.org`) and networks that are let in always. */
  allow: readonly string[];
  /** The same for those that never are; counts more than `allow`. */
  deny: readonly string[];
  /** Whether private networks and this machine itself may be asked for frames. */
  privateNetworks: boolean;
  cameras: boolean;
}

const LOOKUP_MS = 5000;

/** Kinds that reach nothing outside: pictures that are made here, or that somebody sends. */
const HARMLESS: ReadonlySet<string> = new Set(["scene", "webcam"]);

/** Ways to a Linux camera; any other path is no camera. */
const CAMERA_PATH = /^\/dev\/(?:video\d+|v4l\/by-(?:id|path)\/[\w.:+-]+)$/;

/** Networks that are neither private nor anybody's in public: set aside, for tests, or for many at once. */
const SPECIAL = [
  ...["192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3"],
  ...["fec0::/10", "ff00::/8", "100::/64", "2001:db8::/32"],
].map((text) => parseNetwork(text)!);

/** Judges sources that come through the API. What cannot be judged is refused. */
export class SourceRules {
  #allow: HostList;
  #deny: HostList;

  /** Throws when a list holds what is neither a host nor a network. */
  constructor(private readonly options: SourceRulesOptions) {
    this.#allow = new HostList("sources.allow", options.allow);
    this.#deny = new HostList("sources.deny", options.deny);
  }

  /** Throws a `ServiceError` for a source that the rules do not let in; it names the rule and how to change it. */
  async check(source: SourceConfig): Promise<void> {
    const { kind } = source;
    if (HARMLESS.has(kind)) return;
    if (kind === "camera") return this.#checkCamera(source);
    if (kind === "file" && typeof source.path === "string") return void await this.file(source.path);
    if (kind !== "file" && typeof source.url === "string") return await this.#checkUrl(source.url, source);
    throw forbidden(`Cannot use a source of kind ${kind}: there is no rule that lets it in`);
  }

  #checkCamera({ device, format }: SourceConfig): void {
    // Test pictures are no camera.
    if (format === "lavfi") return;
    const shown = `camera:${device ?? "0"}`;
    if (!this.options.cameras) {
      throw forbidden(`Cannot use ${shown}: this machine's cameras are not let in; set sources.cameras to let them`);
    }
    if (typeof device === "string" && device.includes("/") && !CAMERA_PATH.test(device)) {
      throw forbidden(`Cannot use ${shown}: only numbers, names and paths such as /dev/video0 are cameras`);
    }
  }

  /**
   * Where a file lies that may be played. A path that is not whole is counted from the media root, or else from where the
   * program runs. Throws a `ServiceError` for a file that the rules do not let in, or that is not there.
   */
  async file(path: string): Promise<string> {
    const { mediaRoot, uploads } = this.options;
    const refuse = (why: string) => forbidden(`Cannot play ${printable(path)}: ${why}`);
    if (path.includes("\0")) throw refuse("a path holds no NUL");
    const root = mediaRoot === undefined ? undefined : await realPath(resolve(mediaRoot));
    const roots = [root, uploads === undefined ? undefined : await realPath(resolve(uploads))];
    // As it will be opened: links are followed before "..", which taking the path apart beforehand would not show.
    const wholes = isAbsolute(path) ? [path] : [...(root === undefined ? [] : [`${root}${sep}${path}`]), resolve(path)];
    for (const whole of wholes) {
      const real = await realPath(whole);
      if (real !== undefined && roots.some((root) => root !== undefined && isBelow(root, real))) return real;
    }
    if (mediaRoot === undefined) throw refuse("no files are let in; set sources.mediaRoot to a directory of videos");
    if (root === undefined) throw refuse(`the media root ${mediaRoot} (sources.mediaRoot) cannot be read`);
    // What is not there is told apart only below the root; of other places nothing is told.
    if (!isBelow(root, await realPath(wholes[0]) ?? await nearest(wholes[0]))) {
      throw refuse(`it is not below the media root ${mediaRoot}; put it there, or change sources.mediaRoot`);
    }
    throw new ServiceError("not_found", `Cannot play ${printable(path)}: there is no such file`);
  }

  async #checkUrl(text: string, source: SourceConfig): Promise<void> {
    const shown = printable(redactUrl(text));
    const refuse = (why: string) => forbidden(`Cannot use ${shown}: ${why}`);
    // Parsers disagree over what these mean, and ours is not the one that opens it: to FFmpeg "srt:10.0.0.1" has a host.
    // deno-lint-ignore no-control-regex
    const plain = /^[a-z][a-z0-9+.-]*:\/\/[^\x00-\x20\x7f\\]*$/i.test(text);
    if (!URL.canParse(text)) throw refuse("it is no address");
    const url = new URL(text);
    const scheme = checkUrl(url, { schemes: this.options.schemes, deny: [] });
    if (scheme) throw refuse(`${scheme}; add it to sources.schemes to let it in`);
    if (!plain) throw refuse("it is no plain address");
    const host = hostOf(url);
    if (host === undefined) throw refuse(`${url.hostname} is written in a way that hides which host it is`);
    const { named, addresses } = await this.#judge(host, shown);
    if (!addresses && this.#needsAddresses(named)) throw unknown(host, shown);
    if (named || source.allowLinkLocal !== true) return;
    if (!addresses || addresses.some((address) => !this.#allow.hasAddress(address))) {
      throw refuse(`allowLinkLocal is for hosts of sources.allow alone; add ${host} there`);
    }
  }

  /** The same rules at every connection that a source makes, to addresses of these schemes. */
  contacts(schemes: readonly string[]): ContactRules {
    const allowed = schemes.filter((scheme) => this.options.schemes.includes(scheme));
    return {
      pinned: true,
      refuseUrl: (url) => {
        const host = hostOf(url);
        if (host === undefined) return `${url.hostname} is written in a way that hides which host it is`;
        return checkUrl(url, { schemes: allowed, deny: [] }) ?? this.#refusedName(host);
      },
      refuseAddress: (host, address) => this.#refusedAddress(plainName(host), address),
    };
  }

  /**
   * The address under which a host may be contacted: what was checked is what is used, whatever its name stands for a
   * moment later. Throws a `ServiceError` when the rules do not let it in.
   */
  async address(host: string): Promise<string> {
    const name = plainName(host);
    const { addresses } = await this.#judge(name, name);
    if (!addresses || addresses.length === 0) throw unknown(name, name);
    return addresses[0];
  }

  /** Looks a host up and throws when the rules refuse its name or any of its addresses. */
  async #judge(host: string, shown: string): Promise<{ named: boolean; addresses: string[] | undefined }> {
    const refuse = (why: string | undefined) => {
      if (why) throw forbidden(`Cannot use ${shown}: ${why}`);
    };
    refuse(this.#refusedName(host));
    const addresses = await this.#addresses(host, shown);
    for (const address of addresses ?? []) refuse(this.#refusedAddress(host, address));
    return { named: this.#allow.hasName(host), addresses };
  }

  /** Why a host is not let in whatever its name stands for. */
  #refusedName(host: string): string | undefined {
    return this.#deny.hasName(host) ? `${host} is in sources.deny` : undefined;
  }

  /** Why an address is not let in that a host stands for. */
  #refusedAddress(host: string, address: string): string | undefined {
    const told = host === address ? address : `${host} is ${address}, which`;
    if (this.#deny.hasAddress(address)) return `${told} is in sources.deny`;
    if (this.#allow.hasName(host) || this.#allow.hasAddress(address)) return undefined;
    const why = this.#refusal(address);
    return why && (host === address ? why : `${host} is ${address}, and ${why}`);
  }

  /** Why an address that no list names is not let in. */
  #refusal(address: string): string | undefined {
    const remedy = "add it to sources.allow to let it in";
    const local = checkAddress(address, { deny: ["link-local"] });
    if (local) return `${local}, where clouds keep their machines' credentials; ${remedy}`;
    if (this.options.privateNetworks) return undefined;
    const inside = checkAddress(address, { deny: ["loopback", "private"] }) ??
      (isWithin(address, SPECIAL) ? `${address} is not a public address` : undefined);
    return inside && `${inside}; set sources.privateNetworks, or ${remedy}`;
  }

  /**
   * Whether a host that nobody knows yet has to wait. Cameras outlive name servers, and streams come back while these
   * are still down; but where addresses are what is judged, an unknown one is not let in.
   */
  #needsAddresses(named: boolean): boolean {
    return this.#deny.hasNetworks || (!named && !this.options.privateNetworks);
  }

  /** What a host's name stands for now; undefined when nobody knows. */
  async #addresses(host: string, url: string): Promise<string[] | undefined> {
    const late = () => new SourceError("timeout", `Cannot look up ${host}`);
    using deadline = failAfter(LOOKUP_MS, new AbortController().signal, late);
    try {
      return await deadline.race(resolveHost({ host, url }));
    } catch (error) {
      if (error instanceof SourceError) return undefined;
      throw error;
    }
  }
}

function unknown(host: string, shown: string): ServiceError {
  const message = `Cannot use ${shown}: the host ${host} cannot be looked up to be checked`;
  return new ServiceError("unavailable", message, { retryAfterMs: 30_000 });
}

/** Hosts by name, by wildcard and by network. */
class HostList {
  #names = new Set<string>();
  #suffixes: string[] = [];
  #networks: Network[] = [];

  constructor(where: string, entries: readonly string[]) {
    for (const entry of entries) {
      const text = entry.toLowerCase().replace(/\.$/, "");
      const network = parseNetwork(text);
      if (network) this.#networks.push(network);
      else if (/^\*(?:\.[a-z0-9_-]+)+$/.test(text)) this.#suffixes.push(text.slice(1));
      else if (/^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(text) && !endsInNumber(text)) this.#names.add(text);
      else throw new TypeError(`Cannot take "${entry}" into ${where}: it is no host, wildcard or network`);
    }
  }

  get hasNetworks(): boolean {
    return this.#networks.length > 0;
  }

  hasName(host: string): boolean {
    return this.#names.has(host) || this.#suffixes.some((suffix) => host.endsWith(suffix));
  }

  hasAddress(address: string): boolean {
    return isWithin(address, this.#networks);
  }
}

/** A host in the spelling in which rules know it. */
function plainName(host: string): string {
  return host.replace(/^\[|\]$/g, "").replace(/\.$/, "").toLowerCase();
}

/** The host of an address, without brackets; undefined when it is spelt so that others may read another one. */
function hostOf({ hostname }: URL): string | undefined {
  const host = plainName(hostname);
  // Without a host it listens on all addresses of this machine.
  if (host === "") return "0.0.0.0";
  if (isIP(host)) return host;
  return /^[a-z0-9._-]+$/.test(host) && !endsInNumber(host) ? host : undefined;
}

/** Whether some resolvers take a name for an IPv4 address: 2130706433, 0x7f.1, 127.1. */
function endsInNumber(host: string): boolean {
  return /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/i.test(host);
}

/** A text that cannot break the line it stands in. */
function printable(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, (char) => JSON.stringify(char).slice(1, -1));
}

/** Where a path leads in the end; undefined when that cannot be found out. */
async function realPath(path: string): Promise<string | undefined> {
  try {
    return await Deno.realPath(path);
  } catch {
    return undefined;
  }
}

/** Where the nearest directory above leads that is there. */
async function nearest(path: string): Promise<string> {
  const above = dirname(path);
  return above === path ? path : await realPath(above) ?? await nearest(above);
}

/** Both without links; `relative` knows whether the platform tells cases apart. */
function isBelow(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function forbidden(message: string): ServiceError {
  return new ServiceError("forbidden", message, { faults: [{ path: "source", message }] });
}
