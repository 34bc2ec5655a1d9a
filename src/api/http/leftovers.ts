import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** So much of a body that nobody wants is passed over, so that its sender comes to read the answer. */
const LEFT_BYTES = 4 * 2 ** 20;
/** And for so long. */
const LEFT_MS = 5000;
const LOOK_MS = 100;
/** A rest that is not worth a new connection. */
const SMALL_BYTES = 65_536;

/**
 * Sees to it that what is left of a refused body holds nobody. To be called before the answer is written: where much is
 * left, the connection ends with it. It is ended from this side first, because whoever is still writing to a connection
 * that is gone never reads the answer.
 */
export function passOver(incoming: IncomingMessage, out: ServerResponse, onCut: () => void): void {
  if (incoming.complete) return;
  const { socket } = incoming;
  if (Number(incoming.headers["content-length"] ?? 0) > SMALL_BYTES) out.shouldKeepAlive = false;
  // Who waits to be asked for the body has been asked for none of it.
  if (incoming.headers.expect !== undefined) out.shouldKeepAlive = false;
  const { destroySoon } = socket;
  const begin = (onOver: () => void) => {
    incoming.removeAllListeners("data");
    incoming.resume();
    boundRest(socket, { isOver: () => incoming.complete, onOver, onCut });
  };
  // Called where the answer was the connection's last; it would close what is still being written to.
  let closing = false;
  socket.destroySoon = () => {
    if (incoming.complete) return destroySoon.call(socket);
    closing = true;
    socket.once("end", () => socket.destroy());
    socket.end();
    begin(() => destroySoon.call(socket));
  };
  out.once("finish", () => {
    socket.destroySoon = destroySoon;
    if (!closing && !incoming.complete) begin(() => {});
  });
}

/** When what is left of what somebody says is over, and what is done then. */
export interface RestOptions {
  isOver(): boolean;
  onOver(): void;
  onCut(): void;
}

/** Cuts a connection when what is only passed over goes on for too long, or is too much. */
export function boundRest(socket: Socket, { isOver, onOver, onCut }: RestOptions): void {
  const readBefore = socket.bytesRead;
  const startedAtMs = performance.now();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => clearTimeout(timer);
  const look = () => {
    if (socket.destroyed) return;
    if (isOver()) {
      socket.off("close", stop);
      onOver();
    } else if (socket.bytesRead - readBefore <= LEFT_BYTES && performance.now() - startedAtMs <= LEFT_MS) {
      timer = setTimeout(look, LOOK_MS);
    } else {
      onCut();
      socket.destroy();
    }
  };
  socket.once("close", stop);
  look();
}

/** Ends a connection with last words, and leaves the other end a moment to read them. */
export function sayLast(socket: Socket, text: Uint8Array): void {
  const timer = setTimeout(() => socket.destroy(), LAST_MS);
  socket.once("close", () => clearTimeout(timer));
  socket.once("end", () => socket.destroy());
  socket.on("error", () => {});
  socket.end(text);
  socket.resume();
}

const LAST_MS = 1000;
