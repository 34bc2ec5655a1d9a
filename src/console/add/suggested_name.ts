import type { AddForm } from "./add_form.ts";

const NAME_CHARS = 63;
/** What many addresses end with and no camera is known by. */
const COMMON = /^(?:index|playlist|master|live|stream|main|sub|video|media|manifest|chunklist|h264|h265|[a-z]|\d+)$/i;

/** A name for what a form describes that is not among those taken. */
export function suggestedName(form: AddForm, taken: readonly string[]): string {
  const name = validName(roughName(form));
  if (!taken.includes(name)) return name;
  for (let n = 2;; n++) {
    const tail = `-${n}`;
    const candidate = `${name.slice(0, NAME_CHARS - tail.length)}${tail}`;
    if (!taken.includes(candidate)) return candidate;
  }
}

function roughName(form: AddForm): string {
  switch (form.kind) {
    case "address":
      return addressName(form.address.trim());
    case "file":
      return stem(form.path.trim().split(/[\\/]/).at(-1) ?? "");
    case "scene":
      return form.scene;
    case "camera":
      return /^\d+$/.test(form.device.trim()) ? `camera-${form.device.trim()}` : form.device;
  }
}

/** What a file is called; else the host: its first word, or all of an address of numbers. */
function addressName(address: string): string {
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `rtsp://${address}`;
  if (!URL.canParse(whole)) return "";
  const { protocol, hostname, pathname } = new URL(whole);
  const file = stem(pathname.split("/").at(-1) ?? "");
  if (/^https?:$/.test(protocol) && file !== "" && !COMMON.test(file)) return decoded(file);
  const host = hostname.replace(/^\[|\]$/g, "");
  if (/^[\d.]+$/.test(host) || host.includes(":")) return host === "" ? "" : `cam-${host}`;
  return decoded(host).split(".")[0];
}

function stem(file: string): string {
  return file.replace(/\.[A-Za-z0-9]{1,5}$/, "");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** As the server takes names: letters, digits, dots, dashes, underscores. */
function validName(text: string): string {
  const plain = text.normalize("NFD").replace(/\p{M}+/gu, "").replace(/[^A-Za-z0-9._-]+/g, "-");
  return plain.replace(/^[^A-Za-z0-9]+|[._-]+$/g, "").slice(0, NAME_CHARS) ||
    "camera";
}
