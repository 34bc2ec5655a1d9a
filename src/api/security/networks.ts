import { BlockList, isIP } from "node:net";

/** Addresses and networks that have something in common: `10.0.0.7`, `10.0.0.0/8`, `fd00::/8`. */
export class Networks {
  readonly size: number;
  #list = new BlockList();

  constructor(texts: readonly string[]) {
    this.size = texts.length;
    for (const text of texts) {
      const [address, bits] = text.split("/");
      if (bits === undefined) this.#list.addAddress(address, familyOf(address));
      else this.#list.addSubnet(address, Number(bits), familyOf(address));
    }
  }

  /** Whether an address is one of them, or in one; what is no address is not. */
  has(address: string): boolean {
    const bare = plainAddress(address);
    return this.size > 0 && isIP(bare) !== 0 && this.#list.check(bare, familyOf(bare));
  }
}

/** An address without its zone; one of IPv4 that came over IPv6 as itself. */
export function plainAddress(address: string): string {
  return address.replace(/%.*$/, "").replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, "");
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}
