// Follows a stream with npm's `ws`: ws_events.mjs URL STREAM. It subscribes to events with credits and to pictures, and
// comes back after its last position whenever the socket closes. Every message is one line of JSON.
import WebSocket from "ws";

const [url, stream] = process.argv.slice(2);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const CREDITS = 4;
let after;

function follow() {
  const socket = new WebSocket(url);
  let owed = 0;
  const watch = () => socket.send(JSON.stringify({ op: "pictures", id: "p", stream, width: 64, fps: 5 }));
  socket.on("open", () => {
    say({ open: after ?? null, extensions: socket.extensions });
    socket.send(JSON.stringify({ op: "subscribe", id: "e", streams: [stream], after, flow: true }));
    socket.send(JSON.stringify({ op: "flow", id: "e", credits: CREDITS }));
    watch();
    socket.ping("are you there?");
  });
  socket.on("pong", (data) => say({ pong: data.toString() }));
  socket.on("message", (data, binary) => {
    if (binary) {
      const length = data.readUInt32BE(0);
      const header = JSON.parse(data.subarray(4, 4 + length));
      return say({ picture: header, jpeg: data.subarray(4 + length, 4 + length + 2).toString("hex") });
    }
    const message = JSON.parse(data);
    say(message);
    // Right after the server's start the stream may not be back yet.
    if (message.op === "error" && message.id === "p") setTimeout(watch, 100);
    if (message.sub !== "e") return;
    after = message.position;
    if (++owed < CREDITS) return;
    socket.send(JSON.stringify({ op: "flow", id: "e", credits: owed }));
    owed = 0;
  });
  socket.on("error", () => {});
  socket.on("close", (code, reason) => {
    say({ close: code, reason: reason.toString() });
    setTimeout(follow, 100);
  });
}

follow();
