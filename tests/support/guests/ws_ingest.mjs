// Sends a picture with npm's `ws`, in pieces, as often as the server lets it: ws_ingest.mjs URL FILE. Every message of
// the server is one line of JSON.
import { readFileSync } from "node:fs";
import WebSocket from "ws";

const [url, file] = process.argv.slice(2);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const picture = readFileSync(file);
const half = picture.length >> 1;
const socket = new WebSocket(url, { perMessageDeflate: true });

socket.on("message", (data, binary) => {
  const message = JSON.parse(data);
  say({ ...message, binary });
  if (message.type !== "credit") return;
  for (let credit = 0; credit < message.credits; credit++) {
    socket.send(JSON.stringify({ capturedAt: Date.now() }));
    socket.send(picture.subarray(0, half), { binary: true, fin: false });
    socket.send(picture.subarray(half), { binary: true, fin: true });
  }
});
socket.on("error", (error) => say({ error: error.message }));
socket.on("close", (code) => say({ close: code }));
