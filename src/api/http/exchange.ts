import type { Problem } from "../problem.ts";
import type { ServerSocket } from "./server_socket.ts";
import type { Sink } from "./sink.ts";

/** The connection that a request came over. */
export interface Connection {
  /** Where it comes from: an IP address without port. */
  address: string;
  /** Aborts when the client has left before the whole answer was out. */
  left: AbortSignal;
  /** Settles when the answer is out as a whole, or will never be; after an upgrade, when the socket is closed. */
  completed: Promise<void>;
}

/** The answer to a handshake that is welcome: from there on a WebSocket is spoken. */
export class Upgrade {
  constructor(
    /** Takes the socket over, which is open. */
    readonly open: (socket: ServerSocket) => void,
    /** Largest message that is taken; a larger one ends the connection. */
    readonly maxBytes: number,
  ) {}
}

/**
 * An answer whose body is written as things happen. A stream of the platform would do, and costs twice as much for each
 * of thousands of listeners.
 */
export class Live {
  constructor(
    /** Status and headers. */
    readonly head: Response,
    /** Writes until it ends or the sink is closed, which it may be from the start; is called once in any case. */
    readonly run: (sink: Sink) => Promise<void>,
  ) {}
}

/** Everything that a request can be answered with. */
export type Answered = Response | Upgrade | Live;

/** Who answers what a listener takes in. */
export interface Api {
  /** The answer to a request; it never fails. */
  answer(request: Request, connection: Connection): Promise<Answered>;
  /** The answer to what never became a request. */
  refuse(problem: Problem): Response;
}
