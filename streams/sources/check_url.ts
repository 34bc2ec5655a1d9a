import { isIP } from "node:net";

/**
 * Addresses of a kind: this machine; networks of the house; and those that only mean something on the cable at hand,
 * where clouds keep the services that hand out a machine's own credentials.
 */
export type AddressKind = "loopback" | "private" | "link-local";

/** What may be contacted. */
export interface UrlRules {
  /** Schemes without the colon. */
  schemes: readonly string[];
  /** Addresses that must not be contacted; cameras live in private networks, so those usually may. */
  deny: readonly AddressKind[];
}

/**
 * Why an address must not be opened; undefined when it may. Asked of every address on the way: what the user gives,
 * where it redirects, what a playlist names. Names are checked once more when they are resolved.
 */
export function checkUrl(url: URL, rules: UrlRules): string | undefined {
  const scheme = url.protocol.slice(0, -1);
  if (!rules.schemes.includes(scheme)) return `${scheme} is not allowed`;
  const host = bareHost(url);
  if (isIP(host)) return checkAddress(host, rules);
  if (rules.deny.includes("loopback") && /(^|\.)localhost\.?$/i.test(host)) return `${host} is this machine`;
  return undefined;
}

/** The host of an address as look-ups take it: IPv6 without brackets. */
export function bareHost({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "");
}

/** Why an IP address must not be contacted; undefined when it may. */
export function checkAddress(address: string, rules: Pick<UrlRules, "deny">): string | undefined {
  const bytes = addressBytes(address);
  if (!bytes) return `${address} is no address`;
  const forms = [bytes, ...embedded(bytes)];
  for (const kind of rules.deny) {
    const denied = forms.some((form) => NETWORKS[kind].some((network) => contains(network, form)));
    if (denied) return `${address} is a ${kind} address`;
  }
  return undefined;
}

/** A network of addresses, or one address. */
export interface Network {
  bytes: number[];
  bits: number;
}

/** The network that a text such as `10.0.0.0/8`, `fd00::/8` or `10.0.0.1` stands for; undefined when it is none. */
export function parseNetwork(text: string): Network | undefined {
  const match = /^\[?([0-9a-f:.]+)\]?(?:\/(\d{1,3}))?$/i.exec(text);
  const bytes = match ? addressBytes(match[1]) : undefined;
  if (!bytes) return undefined;
  const bits = match![2] === undefined ? bytes.length * 8 : Number(match![2]);
  return bits <= bytes.length * 8 ? { bytes, bits } : undefined;
}

/** Whether an IP address lies in one of the networks, or stands for one that does. */
export function isWithin(address: string, networks: readonly Network[]): boolean {
  const bytes = addressBytes(address);
  if (!bytes) return false;
  const forms = [bytes, ...embedded(bytes)];
  return forms.some((form) => networks.some((network) => contains(network, form)));
}

const NETWORKS: Record<AddressKind, Network[]> = {
  loopback: ["127.0.0.0/8", "0.0.0.0/8", "::1/128", "::/128"].map(network),
  private: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"].map(network),
  "link-local": [
    ...["169.254.0.0/16", "fe80::/10"],
    // Metadata services that live elsewhere.
    ...["100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32", "fd00:ec2::254/128", "fd20:ce::254/128"],
  ].map(network),
};

function network(text: string): Network {
  const [address, bits] = text.split("/");
  return { bytes: addressBytes(address)!, bits: Number(bits) };
}

function contains({ bytes, bits }: Network, address: number[]): boolean {
  if (bytes.length !== address.length) return false;
  return bytes.every((byte, index) => {
    const left = Math.min(8, Math.max(0, bits - index * 8));
    return ((byte ^ address[index]) & (0xff << (8 - left)) & 0xff) === 0;
  });
}

/** IPv4 addresses that an IPv6 address stands for: mapped, compatible, translated (NAT64) or tunnelled (6to4). */
function embedded(bytes: number[]): number[][] {
  if (bytes.length !== 16) return [];
  const zeros = bytes.slice(0, 10).every((byte) => byte === 0);
  if (zeros && (bytes[10] === bytes[11]) && (bytes[10] === 0 || bytes[10] === 0xff)) return [bytes.slice(12)];
  if (contains(NAT64, bytes)) return [bytes.slice(12)];
  return bytes[0] === 0x20 && bytes[1] === 0x02 ? [bytes.slice(2, 6)] : [];
}

const NAT64: Network = { bytes: [0, 0x64, 0xff, 0x9b, ...new Array(12).fill(0)], bits: 96 };

function addressBytes(address: string): number[] | undefined {
  const bare = address.replace(/%.*$/, "");
  const family = isIP(bare);
  if (family === 4) return bare.split(".").map(Number);
  if (family !== 6) return undefined;
  // A URL spells every IPv6 address the same way: hexadecimal groups, one run of zeros left out.
  const [head, tail] = new URL(`http://[${bare}]/`).hostname.slice(1, -1).split("::");
  const groups = (part = "") => part === "" ? [] : part.split(":").map((group) => parseInt(group, 16));
  const [first, last] = [groups(head), groups(tail)];
  const all = [...first, ...new Array(8 - first.length - last.length).fill(0), ...last];
  return all.flatMap((group) => [group >> 8, group & 0xff]);
}
