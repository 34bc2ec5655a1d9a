// Rather a harmless parameter too many than a secret one too few.
const SECRET_PARAMETER =
  /([?&;](?:[\w.-]*(?:token|key|pass|pwd|secret|signature|credential|auth)[\w.-]*|sig)=)[^&;#\s"'<>]*/gi;

// People do not escape their passwords: one that is no port number may hold anything up to the last "@".
const USER_INFO = /\b([a-z][a-z0-9+.-]*:\/\/)(?:[^\s/?#"'<>]*|[^\s/?#@:"'<>]*:(?!\d+[/?#])[^\s"'<>]*)@/gi;
const USER_INFO_ALONE = /^([a-z][a-z0-9+.-]*:\/\/)(?:[^/?#]*|[^/?#@:]*:(?!\d+[/?#]).*)@/is;

/** One address without what must not be seen: user and password, and parameters that carry secrets. */
export function redactUrl(url: string): string {
  return redactUrls(url.replace(USER_INFO_ALONE, "$1***@"));
}

/** A text in which every address is redacted. */
export function redactUrls(text: string): string {
  // Most texts have nothing of the kind, and looking for a letter is far cheaper than for an address.
  const anonymous = text.includes("@") ? text.replace(USER_INFO, "$1***@") : text;
  return anonymous.includes("=") ? anonymous.replace(SECRET_PARAMETER, "$1***") : anonymous;
}
