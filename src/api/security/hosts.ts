import { isIP } from "node:net";

/** The host of a `Host` header or a configured name, without port, brackets and final dot; undefined when it is none. */
export function hostOf(text: string): string | undefined {
  // Whoever asks again calls the server as before.
  if (text !== latest.text) latest = { text, host: readHost(text) };
  return latest.host;
}

let latest: { text: string; host: string | undefined } = { text: "", host: undefined };

function readHost(text: string): string | undefined {
  // Only these characters: a URL would take "localhost:80@evil.example" for evil.example.
  if (!/^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i.test(text)) return undefined;
  if (!URL.canParse(`http://${text}`)) return undefined;
  return new URL(`http://${text}`).hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "").toLowerCase();
}

/** Whether a host is this machine and nothing else: localhost, 127.0.0.0/8 or ::1. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, "").toLowerCase();
  if (bare === "localhost" || bare === "::1") return true;
  return isIP(bare) === 4 && bare.startsWith("127.");
}

/** The host that a request was made to; undefined when its header is no host. */
export function requestHost(request: Request): string | undefined {
  return hostOf(request.headers.get("host") ?? new URL(request.url).host);
}

/** Whether a proxy passed a request on, so that whoever sent it may be anywhere. */
export function isForwarded({ headers }: Request): boolean {
  return [...headers.keys()].some((name) => /^(?:forwarded|via|x-real-ip|x-forwarded-.*)$/.test(name));
}

/** What stands for an address in a limit: of IPv6 the network of 64 bits, of which whoever has one has all. */
export function addressKey(address: string): string {
  const bare = address.replace(/%.*$/, "");
  if (isIP(bare) !== 6) return bare;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1];
  if (mapped) return mapped;
  const [head, tail] = new URL(`http://[${bare}]/`).hostname.slice(1, -1).split("::");
  const groups = (part = "") => part === "" ? [] : part.split(":");
  const [first, last] = [groups(head), groups(tail)];
  const all = [...first, ...new Array(8 - first.length - last.length).fill("0"), ...last];
  return `${all.slice(0, 4).join(":")}::/64`;
}
