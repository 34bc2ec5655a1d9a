import { STATUS_CODES } from "node:http";

/** An answer as the bytes of a connection that has no parser any more, and ends with it. */
export async function farewellText(response: Response): Promise<Uint8Array> {
  const body = await response.bytes();
  const { status } = response;
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Unknown"}`, `Date: ${new Date().toUTCString()}`];
  for (const [name, value] of response.headers) {
    if (name !== "connection" && name !== "content-length") lines.push(`${name}: ${value}`);
  }
  const head = new TextEncoder().encode(
    `${lines.join("\r\n")}\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`,
  );
  const whole = new Uint8Array(head.length + body.length);
  whole.set(head);
  whole.set(body, head.length);
  return whole;
}
