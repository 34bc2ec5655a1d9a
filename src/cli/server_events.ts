/** Longest line of an event stream that is read: far more than any event is. */
const LINE_MAX = 2 ** 24;

/** The events of a server-sent stream, as they come. */
export async function* serverEvents(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<{ type: string; data: string }> {
  let type = "message", data: string[] = [], rest = "";
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop()!;
    if (rest.length > LINE_MAX) throw new Error("Cannot read the server's events: a line has no end");
    for (const line of lines) {
      if (line === "") {
        if (data.length > 0) yield { type, data: data.join("\n") };
        type = "message";
        data = [];
        continue;
      }
      const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line)!;
      if (field === "event") type = value;
      else if (field === "data") data.push(value);
    }
  }
}
