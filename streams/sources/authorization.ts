import { createHash } from "node:crypto";

/** Who asks, and for what. */
export interface Asker {
  username: string;
  password: string;
  method: string;
  uri: string;
}

/** The `Authorization` header that answers a challenge; undefined when the scheme is not one of ours. */
export function authorization(challenges: string[], asker: Asker): string | undefined {
  for (const challenge of challenges) {
    const answer = /^digest\s/i.test(challenge) ? digestAnswer(challenge, asker) : undefined;
    if (answer) return answer;
  }
  if (!challenges.some((each) => /^basic(\s|$)/i.test(each))) return undefined;
  const bytes = new TextEncoder().encode(`${asker.username}:${asker.password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

function digestAnswer(challenge: string, asker: Asker): string | undefined {
  const field = (name: string) => {
    const match = new RegExp(`[\\s,]${name}=(?:"([^"]*)"|([^\\s,]*))`, "i").exec(challenge);
    return match?.[1] ?? match?.[2];
  };
  const algorithm = field("algorithm");
  const hash = algorithm === undefined || /^md5$/i.test(algorithm)
    ? "md5"
    : /^sha-256$/i.test(algorithm)
    ? "sha256"
    : undefined;
  const qop = field("qop");
  if (!hash || (qop !== undefined && !/(^|[\s,])auth($|[\s,])/.test(qop))) return undefined;
  const digest = (...parts: string[]) => createHash(hash).update(parts.join(":")).digest("hex");
  const realm = field("realm") ?? "";
  const nonce = field("nonce") ?? "";
  const secret = digest(asker.username, realm, asker.password);
  const target = digest(asker.method, asker.uri);
  const cnonce = crypto.randomUUID().slice(0, 8);
  const response = qop === undefined
    ? digest(secret, nonce, target)
    : digest(secret, nonce, "00000001", cnonce, "auth", target);
  const fields = [
    `username="${asker.username.replace(/["\\]/g, "\\$&")}"`,
    `realm="${realm}"`,
    `nonce="${nonce}"`,
    `uri="${asker.uri}"`,
    `response="${response}"`,
  ];
  if (algorithm !== undefined) fields.push(`algorithm=${algorithm}`);
  if (qop !== undefined) fields.push(`qop=auth`, `nc=00000001`, `cnonce="${cnonce}"`);
  const opaque = field("opaque");
  if (opaque !== undefined) fields.push(`opaque="${opaque}"`);
  return `Digest ${fields.join(", ")}`;
}
