/** What somebody may do: look, operate streams, change what the server is. Each includes the ones before it. */
export const ROLES = ["viewer", "operator", "admin"] as const;

/** One role out of {@link ROLES}. */
export type Role = (typeof ROLES)[number];

/** By what somebody was let in: by being on the server's machine, or by what he showed. */
export const CREDENTIALS = ["machine", "token", "jwt", "ticket"] as const;

/** One way in out of {@link CREDENTIALS}. */
export type Credential = (typeof CREDENTIALS)[number];

/** Who somebody is to the server, as it tells him. */
export interface SessionView {
  /** The token's name, the JWT's subject, or the address. */
  id: string;
  role: Role;
  by: Credential;
  /** When what he came with is good no longer; a token without an end has none. */
  expiresAt?: string;
}
