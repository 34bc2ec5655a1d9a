import { isIP } from "node:net";
import { Networks, plainAddress } from "./networks.ts";

/** The proxies in front of this server, whose word counts on whom they speak for. */
export class Proxies {
  #networks: Networks;

  constructor(networks: readonly string[]) {
    this.#networks = new Networks(networks);
  }

  /** Whether an address is one of theirs. */
  has(address: string): boolean {
    return this.#networks.has(address);
  }

  /**
   * The address that a request comes from: what the nearest proxy says of who came to it, and so on for as long as that
   * is one of ours, too. Whoever is none of ours is believed nothing.
   */
  clientOf({ headers }: Request, peer: string): string {
    if (!this.has(peer)) return peer;
    const said = (headers.get("x-forwarded-for") ?? "").split(",");
    let client = peer;
    while (this.has(client)) {
      const next = addressIn(said.pop() ?? "");
      if (next === undefined) break;
      client = next;
    }
    return client;
  }
}

/** The address in an entry, which some proxies follow with a port. */
function addressIn(entry: string): string | undefined {
  const text = entry.trim();
  const bare = /^\[(.+)\](?::\d+)?$/.exec(text)?.[1] ?? /^(\d+(?:\.\d+){3}):\d+$/.exec(text)?.[1] ?? text;
  const address = plainAddress(bare);
  return isIP(address) === 0 ? undefined : address;
}
