import { addressKey } from "../security/hosts.ts";

/** Connections that there may be. */
export interface PlacesOptions {
  all: number;
  /** Of one address; of IPv6 its network. */
  ofOne: number;
  /** Whether an address stands for many, and is counted in all only. */
  isMany?(address: string): boolean;
}

/** Counts connections, in all and by address. */
export class Places {
  #taken = 0;
  #byAddress = new Map<string, number>();

  constructor(private readonly options: PlacesOptions) {}

  /** How many are taken. */
  get taken(): number {
    return this.#taken;
  }

  /** Takes a place; answers how to give it back, once, or why there is none. */
  take(address: string): (() => void) | "crowded" | "crowded_address" {
    const key = addressKey(address);
    const others = this.#byAddress.get(key) ?? 0;
    if (this.#taken >= this.options.all) return "crowded";
    if (others >= this.options.ofOne && !this.options.isMany?.(address)) return "crowded_address";
    this.#taken++;
    this.#byAddress.set(key, others + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#taken--;
      const left = this.#byAddress.get(key)! - 1;
      if (left > 0) this.#byAddress.set(key, left);
      else this.#byAddress.delete(key);
    };
  }
}
