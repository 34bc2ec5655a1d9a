import type { z } from "zod";
import type { Credential, Role } from "../core/session.ts";
import type { ProblemCode } from "./problem.ts";

export { type Role, ROLES } from "../core/session.ts";

/** Who asks. */
export interface Caller {
  /** For logs and rate limits: the token's name, the JWT's subject, or the address. */
  id: string;
  role: Role;
  /** By what he was let in; undefined where nobody asks. */
  by?: Credential;
  /** The address the request came from. */
  address: string;
  /** When what he came with is good no longer, Unix milliseconds: what goes on ends then. Undefined: never. */
  expiresAtMs?: number;
}

/** A body that is not JSON: its media types (`image/*` takes them all), and the most bytes taken of it. */
export interface RawBody {
  media: readonly string[];
  maxBytes: number;
  /** What it holds, for the document: the parts of a form. */
  schema?: z.ZodType;
  /** The same where it is JSON; the handler checks it. */
  json?: z.ZodType;
  /** Handed over is then a function that reads all of it within this time, for handlers that have no use for a part. */
  wholeWithinMs?: number;
}

/** Reads the whole of a raw body; to be called once at most. */
export type WholeBody = () => Promise<Uint8Array<ArrayBuffer>>;

/** One answer of a route, for the document. */
export interface Answer {
  description: string;
  schema?: z.ZodType;
  /** Default `application/json`; several where it is one of them. */
  media?: string | readonly string[];
}

/** The media types of an answer. */
export function mediaOf({ media = "application/json" }: Answer): readonly string[] {
  return [media].flat();
}

/** A request, checked: everything in it is what the route's schemas say. */
export interface Call<P = unknown, Q = unknown, B = unknown> {
  params: P;
  query: Q;
  /**
   * A raw body is a stream of bytes that fails past its bound, which the request carries, too; or, where its route wants
   * it whole, a {@link WholeBody}.
   */
  body: B;
  /** Where the request came from and what else it carries; its body is read already unless the route takes it raw. */
  request: Request;
  caller: Caller;
  /** Aborts, its reason an `Ending`, when the client is gone, the server stops, or, of what goes on, the token expires. */
  signal: AbortSignal;
}

/** One way into the server. The table of routes is all there is: routing, checks, roles, limits and the document follow. */
export interface Route<P = unknown, Q = unknown, B = unknown> {
  method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  /** With parameters in braces: `/api/v1/streams/{id}`. */
  path: string;
  /** A name of its own in the document (`operationId`). */
  id: string;
  tag: string;
  summary: string;
  description?: string;
  /** The least role that may; `public` asks for none. */
  role: Role | "public";
  params?: z.ZodType<P>;
  query?: z.ZodType<Q>;
  /** A schema is for JSON; a raw body is handed over unread. */
  body?: z.ZodType<B> | RawBody;
  answers: Readonly<Record<number, Answer>>;
  /** What can go wrong besides what can go wrong everywhere. */
  problems?: readonly ProblemCode[];
  /** `stream` for answers that go on: they count against the limit of open streams, not of requests. */
  kind?: "stream" | "upgrade";
  /** Left out of the document: a part of a page. */
  hidden?: boolean;
  /**
   * A `Response`, a `Live` answer, or a value that is sent as JSON with the route's first 2xx status; undefined sends 204.
   * An upgrade returns an `Upgrade`; its place is held until the socket closes.
   */
  handle(call: Call<P, Q, B>): unknown;
}

/** Keeps the types of a route's schemas and its handler together. */
export function route<P, Q, B>(definition: Route<P, Q, B>): Route {
  return definition as unknown as Route;
}
