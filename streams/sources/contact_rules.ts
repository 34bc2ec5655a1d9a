import { bareHost, checkAddress, checkUrl, type UrlRules } from "./check_url.ts";

/** Says what a source may contact. It is asked at every step, because names, redirects and playlists lead anywhere. */
export interface ContactRules {
  /** Why a URL must not be opened, as far as that can be read off it; undefined when it may. */
  refuseUrl(url: URL): string | undefined;
  /** Why an address must not be contacted that a host stands for; undefined when it may. */
  refuseAddress(host: string, address: string): string | undefined;
  /** Nothing may look a name up a second time, which could then stand for something else. */
  pinned: boolean;
}

/** The rules of those who open what they please, on a machine of their own. */
export function ownRules(rules: UrlRules): ContactRules {
  return {
    refuseUrl: (url) => checkUrl(url, rules),
    refuseAddress: (_host, address) => checkAddress(address, rules),
    pinned: false,
  };
}

/** The same resource, with its host called by an address that was checked. */
export function withAddress(url: URL, address: string): URL {
  const there = new URL(url);
  there.hostname = address.includes(":") ? `[${address}]` : address;
  if (bareHost(there) === bareHost(url) && bareHost(url) !== address) {
    throw new RangeError(`${address} cannot be written into an address`);
  }
  return there;
}
