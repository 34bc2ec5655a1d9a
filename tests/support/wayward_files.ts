import { createServer, type Server, type Socket } from "node:net";

/** How a file server misbehaves. */
export interface Manners {
  /** Cuts the connection after so many bytes of a body; every time, or the first times only. */
  cutAfter?: number;
  cuts?: number;
  /** Knows no ranges: always sends everything. */
  noRange?: boolean;
  /** Sends this instead of the file. */
  instead?: Uint8Array;
  /** Answers with this status, the first times or always. */
  status?: number;
  times?: number;
  /** Sends whoever asks there. */
  redirect?: string;
  /** Sends so many bytes and then nothing more, without closing. */
  hangAfter?: number;
  /** Says that it is of another size. */
  length?: number;
}

/** A server of one file that does not behave; it notes what it was asked. */
export interface WaywardFiles extends AsyncDisposable {
  readonly url: string;
  /** What is not absent takes the place of what there was. */
  manners: Manners;
  /** Paths asked for, with the range behind a blank. */
  readonly asked: string[];
}

/** Starts such a server on a free port of this machine. */
export async function waywardFiles(file: Uint8Array, manners: Manners = {}): Promise<WaywardFiles> {
  const sockets = new Set<Socket>();
  const asked: string[] = [];
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    let head = "";
    socket.on("data", (data) => {
      head += data.toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      const [, path] = /^GET (\S+)/.exec(head) ?? [];
      const range = /^range: bytes=(\d+)-/im.exec(head)?.[1];
      head = "";
      asked.push(range === undefined ? path : `${path} ${range}`);
      answer(socket, range === undefined ? 0 : Number(range), self.manners);
    });
  });
  const answer = (socket: Socket, from: number, manners: Manners) => {
    const { status, redirect, noRange, instead, cutAfter, cuts, hangAfter, length, times } = manners;
    if (redirect !== undefined) {
      return socket.end(
        `HTTP/1.1 302 Found\r\nlocation: ${redirect}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`,
      );
    }
    if (status !== undefined && (times === undefined || manners.times!-- > 0)) {
      return socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
    }
    const content = instead ?? file;
    const start = noRange ? 0 : from;
    if (start > content.length) {
      return socket.end("HTTP/1.1 416 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    }
    const body = content.subarray(start);
    const partial = start > 0
      ? `206 Partial Content\r\ncontent-range: bytes ${start}-${content.length - 1}/${content.length}`
      : "200 OK";
    socket.write(`HTTP/1.1 ${partial}\r\ncontent-length: ${length ?? body.length}\r\nconnection: close\r\n\r\n`);
    if (hangAfter !== undefined) return void socket.write(body.subarray(0, hangAfter));
    if (cutAfter !== undefined && cutAfter < body.length && (cuts === undefined || manners.cuts!-- > 0)) {
      return socket.write(body.subarray(0, cutAfter), () => socket.destroy());
    }
    socket.end(body);
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const self: WaywardFiles = {
    url: `http://127.0.0.1:${port}`,
    manners,
    asked,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return self;
}
