import { signal } from "@preact/signals";

/** Where the page is: the parts of its hash, `#/streams/gate` being `["streams", "gate"]`. */
export const place = signal<readonly string[]>([]);

/** The address of a place in the page. */
export function hrefTo(...parts: readonly string[]): string {
  return `#/${parts.map(encodeURIComponent).join("/")}`;
}

/** Goes to a place in the page. */
export function goTo(...parts: readonly string[]): void {
  location.hash = hrefTo(...parts);
}

/** Reads the address now and whenever it changes; the returned function stops that. */
export function followAddress(): () => void {
  const read = () => void (place.value = partsOf(location.hash));
  addEventListener("hashchange", read);
  read();
  return () => removeEventListener("hashchange", read);
}

/** The parts of a hash; one that was mangled on its way is taken as it is. */
export function partsOf(hash: string): string[] {
  return hash.replace(/^#?\/?/, "").split("?", 1)[0].split("/").filter((part) => part !== "").map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
}
