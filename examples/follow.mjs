// Follows a stream in Node 20 or newer, without packages; comes back where it was when the connection breaks.
// node follow.mjs [http://127.0.0.1:8080] [stream]. A server beyond loopback wants a token: WEIR_TOKEN=…
const [weir = "http://127.0.0.1:8080", stream = "default"] = process.argv.slice(2);
const headers = process.env.WEIR_TOKEN ? { authorization: `Bearer ${process.env.WEIR_TOKEN}` } : {};
const say = (...words) => process.stdout.write(`${words.join(" ")}\n`);
let after;

for (;;) {
  try {
    const resume = after === undefined ? {} : { "last-event-id": after };
    const response = await fetch(`${weir}/api/v1/streams/${stream}/events`, { headers: { ...headers, ...resume } });
    if (!response.ok) throw new Error(`${response.status} ${(await response.json()).detail}`);
    let text = "";
    for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
      const events = (text + part).split("\n\n");
      text = events.pop();
      events.forEach(take);
    }
  } catch (error) {
    process.stderr.write(`Again in a second: ${error.message}\n`);
  }
  await new Promise((resolve) => setTimeout(resolve, 1000));
}

function take(event) {
  const field = (name) => event.match(new RegExp(`^${name}: ?(.*)$`, "m"))?.[1];
  after = field("id") ?? after;
  const data = field("data") && JSON.parse(field("data"));
  if (data?.type === "result") say(data.seq, `${data.ageMs} ms`, JSON.stringify(data.outputs));
  else if (data) say(data.type, JSON.stringify(data)); // a state, an alert, or a gap: events that were missed
}
