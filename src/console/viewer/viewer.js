// Shows what one Weir stream finds, as it comes. Copy it to start a page of your own; a page of another origin has to
// be listed in the server's `server.origins`. Where no token is asked for, `new EventSource(url)` does what `follow` does.

const $ = (id) => document.getElementById(id);
const form = document.querySelector("form");
const pen = $("picture").getContext("2d");
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const headers = () => form.token.value ? { authorization: `Bearer ${form.token.value}` } : {};
/** The latest results by epoch and seq: a picture says which result it belongs to. */
const results = new Map();
let stop = new AbortController();
let stream, pictureAt = 0;

form.url.value = new URLSearchParams(location.search).get("url") ?? "/stream";
form.onsubmit = (event) => {
  event.preventDefault();
  stop.abort();
  stop = new AbortController();
  stream = undefined;
  results.clear();
  $("events").replaceChildren();
  const url = new URL(form.url.value, location.href);
  follow(url, stop.signal);
  drawPictures(url, stop.signal);
};
form.requestSubmit();

/** Reads events for as long as it is wanted; after a break it goes on behind the last one that it got. */
async function follow(url, signal) {
  let last;
  while (!signal.aborted) {
    try {
      $("state").textContent = "Connecting …";
      const answer = await fetch(url, { headers: { ...headers(), ...(last && { "last-event-id": last }) }, signal });
      if (!answer.ok) throw new Error((await answer.json()).detail);
      $("state").textContent = "Connected";
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let text = "", part = await reader.read(); !part.done; part = await reader.read()) {
        const blocks = (text + part.value).split("\n\n");
        text = blocks.pop();
        for (const block of blocks) {
          const field = (name) => block.match(new RegExp(`^${name}: (.*)$`, "m"))?.[1];
          last = field("id") ?? last;
          if (field("data")) take(field("event"), JSON.parse(field("data")));
        }
      }
      throw new Error("The server has ended the stream");
    } catch (error) {
      if (signal.aborted) return;
      $("state").textContent = `${error.message}; trying again …`;
      await sleep(2000);
    }
  }
}

/** One event: a result, a change of the stream's state, or a gap where this page was too slow or too long away. */
function take(type, event) {
  if (type === "gap") return tell(`— ${event.count ?? "some"} events were missed —`);
  if (type !== "result") return tell(`${event.stream ?? ""} ${event.state ?? type} ${event.cause?.message ?? ""}`);
  stream ??= event.stream;
  results.set(`${event.epoch}/${event.seq}`, event);
  if (results.size > 200) results.delete(results.keys().next().value);
  const words = Object.entries(event.outputs).map(([step, { detections, ...rest }]) =>
    `${step}: ${detections ? detections.map(({ label }) => label).join(", ") || "nothing" : JSON.stringify(rest)}`
  );
  tell(`${event.pts.toFixed(2)} s  ${words.join("  ")}`.slice(0, 300));
  if (performance.now() - pictureAt > 3000) draw(undefined, event);
}

function tell(text) {
  $("events").prepend(Object.assign(document.createElement("li"), { textContent: text }));
  if ($("events").childElementCount > 100) $("events").lastElementChild.remove();
}

/** Fetches picture after picture, and draws on each the boxes of the very result that it belongs to. */
async function drawPictures(url, signal) {
  const request = { headers: headers(), signal };
  for (; !signal.aborted; await sleep(30)) {
    const address = new URL(`/api/v1/streams/${stream}/frame.jpg?width=960`, url);
    const answer = stream && !document.hidden && await fetch(address, request).catch(() => undefined);
    const blob = answer?.ok && await answer.blob();
    const result = blob && results.get(`${answer.headers.get("weir-epoch")}/${answer.headers.get("weir-seq")}`);
    if (result) draw(await createImageBitmap(blob), result);
    else await sleep(300);
  }
}

/** Draws a picture, or an empty ground while there is none, and the boxes, which are in the source's own pixels. */
function draw(picture, { frame, outputs }) {
  if (picture) pictureAt = performance.now();
  const scale = (picture?.width ?? 960) / frame.width;
  Object.assign(pen.canvas, { width: frame.width * scale, height: frame.height * scale });
  if (picture) pen.drawImage(picture, 0, 0);
  picture?.close();
  Object.assign(pen, { strokeStyle: "#ffb000", fillStyle: "#ffb000", lineWidth: 2, font: "14px sans-serif" });
  for (const { box, label, score } of Object.values(outputs).flatMap((step) => step.detections ?? [])) {
    const [x, y, width, height] = box.map((pixels) => pixels * scale);
    pen.strokeRect(x, y, width, height);
    pen.fillText(`${label} ${Math.round(score * 100)} %`, x, y - 4);
  }
}
