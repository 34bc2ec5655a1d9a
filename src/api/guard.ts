import type { Caller, Route } from "./route.ts";

/** Where a request came from and what it is for. */
export interface GuardContext {
  /** The address of the peer: an IP address without port. */
  address: string;
  /** The route that answers it; without one nobody learns so before he is let in. */
  route?: Route;
}

/** Somebody was let in. */
export interface Admission {
  caller: Caller;
  /** For the answer, whatever it is; what the answer says itself counts more, but `Vary` is joined. */
  headers?: HeadersInit;
  /** To be called when the answer has ended, its body included; there when it takes a place among the open streams. */
  release?(): void;
}

/** Who stands at the door. */
export interface Guard {
  /** Lets a request in, or throws the `Problem` to answer with. */
  admit(request: Request, context: GuardContext): Promise<Admission>;
  /** The answer to a browser that asks beforehand; undefined when the request is no such question. */
  preflight(request: Request, context: GuardContext): Response | undefined;
}
