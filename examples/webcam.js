// Sends pictures to Weir as it asks for them. In a page: sendTo(url, await camera(), console.log). On a command line
// (Deno, Node 22): deno run -A webcam.js "ws://localhost:8080/api/v1/ingest/me?create=weir-pitch" a.jpg b.jpg

export function sendTo(url, nextPicture, onEvent) {
  const socket = new WebSocket(url);
  let credits = 0;
  let sending = false;
  socket.onmessage = async ({ data }) => {
    const event = JSON.parse(data);
    if (event.type !== "credit") return onEvent(event);
    credits += event.credits;
    if (sending) return;
    for (sending = true; credits > 0; credits--) {
      const picture = await nextPicture();
      if (socket.readyState !== WebSocket.OPEN) return;
      socket.send(JSON.stringify({ capturedAt: Date.now() }));
      socket.send(picture);
    }
    sending = false;
  };
  return socket;
}

export async function camera(width = 640) {
  const video = document.createElement("video");
  video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { width } });
  await video.play();
  const canvas = Object.assign(document.createElement("canvas"), {
    width,
    height: width * video.videoHeight / video.videoWidth,
  });
  return () => {
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
  };
}

if (globalThis.process?.argv[1]?.endsWith("webcam.js")) {
  const { readFile } = await import("node:fs/promises");
  const [url, ...paths] = process.argv.slice(2);
  const pictures = await Promise.all(paths.map((path) => readFile(path)));
  let n = 0;
  const next = () => new Promise((resolve) => setTimeout(() => resolve(pictures[n++ % pictures.length]), 40));
  sendTo(url, next, (event) => process.stdout.write(JSON.stringify(event) + "\n"));
}
