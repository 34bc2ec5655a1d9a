import { el, sample, schemaOf, typeText } from "./schema.js";

/** Lines kept of an answer that goes on. */
const KEPT_LINES = 200;
/** Longer answers are cut: a page that shows megabytes of text hangs. */
const SHOWN_CHARACTERS = 200_000;

/** A form that sends a route's request and shows what comes back. */
export function trial({ method, path, operation, token }) {
  const role = operation["x-weir-role"];
  const fields = (operation.parameters ?? []).map((parameter) => ({ parameter, input: inputFor(parameter) }));
  const body = bodyField(operation.requestBody);
  const socket = operation["x-weir-kind"] === "upgrade";
  const send = el("button", { class: "main", type: "submit" }, socket ? "Connect" : "Send");
  const stop = el("button", { type: "button", disabled: "" }, "Stop");
  const copy = el("button", { type: "button" }, "Copy as curl");
  const said = el("span", { class: "faint", role: "status" });
  const result = el("div", { class: "result" });
  const form = el(
    "form",
    {},
    ...(fields.length > 0
      ? [el("h3", {}, "Parameters"), el("div", { class: "fields" }, ...fields.flatMap(fieldView))]
      : []),
    ...(body ? [el("h3", {}, "Request"), body.view] : []),
    el("div", { class: "bar" }, send, stop, ...(socket ? [] : [copy]), said),
    result,
  );
  const request = () => requestOf({ method, path, fields, body, token: token() });
  let running;
  stop.addEventListener("click", () => running?.abort());
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(curlOf(request()));
      said.textContent = "Copied";
    } catch {
      // Without a secure context there is no clipboard: the text is there to be taken by hand.
      result.replaceChildren(el("pre", {}, curlOf(request())));
    }
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    running?.abort();
    const own = running = new AbortController();
    stop.disabled = false;
    const talk = socket ? converse : exchange;
    try {
      await talk({ request: request(), token: token(), role, result, said, signal: own.signal });
    } catch (error) {
      if (!own.signal.aborted) said.textContent = `Failed: ${error.message}`;
      else if (running === own) said.textContent += ", stopped";
    } finally {
      if (running === own) stop.disabled = true;
    }
  });
  return form;
}

function fieldView({ parameter, input }) {
  const { name, required, description, schema } = parameter;
  const id = `field-${crypto.getRandomValues(new Uint32Array(1))[0]}`;
  input.id = id;
  return [
    el(
      "label",
      { for: id },
      el("code", {}, name),
      required ? el("span", { class: "need", title: "required" }, "*") : "",
    ),
    el("div", {}, input, el("span", { class: "hint" }, typeText(schema), description ? ` · ${description}` : "")),
  ];
}

function inputFor({ required, schema: given, in: place }) {
  const schema = schemaOf(given);
  const needed = required ? { required: "" } : {};
  if (schema.enum || schema.type === "boolean") {
    const values = schema.enum ?? [true, false];
    return el(
      "select",
      needed,
      el("option", { value: "" }, ""),
      ...values.map((value) => el("option", {}, String(value))),
    );
  }
  const hint = schema.default ?? schema.examples?.[0] ?? (place === "path" ? "needed" : "");
  return el("input", { ...needed, autocomplete: "off", spellcheck: "false", placeholder: String(hint) });
}

function bodyField(requestBody) {
  const content = Object.entries(requestBody?.content ?? {});
  if (content.length === 0) return undefined;
  const [media, { schema }] = content[0];
  if (media === "application/json") {
    const input = el("textarea", { spellcheck: "false", "aria-label": "JSON body" });
    input.value = JSON.stringify(sample(schema), null, 2);
    return { view: input, json: () => input.value };
  }
  const input = el("input", { type: "file", "aria-label": "File" });
  const types = content.map(([type]) => type);
  if (!types.some((type) => type.startsWith("multipart/") || type === "*/*")) input.accept = types.join(",");
  const view = el("div", {}, input, el("span", { class: "hint" }, ` ${types.join(", ")}`));
  return { view, types, file: () => input.files[0] };
}

function requestOf({ method, path, fields, body, token }) {
  let target = path;
  const query = new URLSearchParams();
  for (const { parameter: { name, in: place }, input } of fields) {
    if (place === "path") target = target.replace(`{${name}}`, encodeURIComponent(input.value));
    else if (input.value !== "") query.append(name, input.value);
  }
  const headers = {};
  if (token) headers.authorization = `Bearer ${token}`;
  const request = { method: method.toUpperCase(), url: `${target}${query.size > 0 ? `?${query}` : ""}`, headers };
  if (!body) return request;
  if (body.json) return { ...request, headers: { ...headers, "content-type": "application/json" }, body: body.json() };
  const file = body.file();
  if (!file) return request;
  if (!body.types.includes("multipart/form-data")) {
    return { ...request, headers: { ...headers, "content-type": file.type || body.types[0] }, body: file };
  }
  const form = new FormData();
  form.set("file", file);
  return { ...request, body: form, file };
}

/** The same request for a shell. */
function curlOf({ method, url, headers, body, file }) {
  const quote = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
  const parts = ["curl", quote(location.origin + url)];
  if (method !== "GET") parts.push("-X", method);
  for (const [name, value] of Object.entries(headers)) parts.push("-H", quote(`${name}: ${value}`));
  if (file) parts.push("-F", quote(`file=@${file.name}`));
  else if (body instanceof File) parts.push("--data-binary", quote(`@${body.name}`));
  else if (body !== undefined) parts.push("--data-raw", quote(body));
  return parts.join(" ");
}

async function exchange({ request: { url, method, headers, body }, result, said, signal }) {
  result.replaceChildren();
  said.textContent = "Waiting…";
  const beganAt = performance.now();
  const answer = await fetch(url, { method, headers, body, signal });
  said.textContent = `${answer.status} ${answer.statusText} in ${Math.round(performance.now() - beganAt)} ms`;
  const type = answer.headers.get("content-type") ?? "";
  const head = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  result.append(el("details", {}, el("summary", { class: "faint" }, "Headers"), el("pre", {}, head)));
  if (type.startsWith("text/event-stream")) return await follow(answer, result);
  if (type.startsWith("image/")) {
    const image = el("img", { alt: "The picture" });
    image.src = URL.createObjectURL(await answer.blob());
    image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
    return result.append(image);
  }
  if (type.startsWith("multipart/")) {
    await answer.body.cancel();
    return result.append(
      el("p", {}, "An endless picture; ", el("a", { href: url }, "look at it in a page of its own"), "."),
    );
  }
  const text = await answer.text();
  if (text !== "") result.append(el("pre", { tabindex: "0" }, pretty(text, type)));
}

function pretty(text, type) {
  let shown = text;
  if (/json/.test(type)) {
    try {
      shown = JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      // Shown as it came.
    }
  }
  return shown.length > SHOWN_CHARACTERS ? `${shown.slice(0, SHOWN_CHARACTERS)}\n… cut` : shown;
}

/** An output that keeps its last lines. */
function tail(result) {
  const out = el("pre", { tabindex: "0", role: "log" });
  result.append(out);
  const lines = [];
  return (line) => {
    lines.push(line);
    if (lines.length > KEPT_LINES) lines.splice(0, lines.length - KEPT_LINES);
    const atEnd = out.scrollTop + out.clientHeight >= out.scrollHeight - 20;
    out.textContent = lines.join("\n");
    if (atEnd) out.scrollTop = out.scrollHeight;
  };
}

async function follow(answer, result) {
  const line = tail(result);
  let rest = "";
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    const parts = (rest + read.value).split("\n");
    rest = parts.pop();
    for (const part of parts) line(part);
  }
}

/** Talks over a WebSocket. A browser sends no token there, so a ticket is got for it. */
async function converse({ request: { url }, token, role, result, said, signal }) {
  const address = new URL(url, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  if (token) address.searchParams.set("ticket", await ticket({ url, token, role }));
  const socket = new WebSocket(address);
  const message = el("textarea", { "aria-label": "Message", spellcheck: "false" });
  const send = el("button", { type: "button" }, "Send message");
  result.replaceChildren(message, el("div", { class: "bar" }, send));
  const line = tail(result);
  socket.binaryType = "arraybuffer";
  said.textContent = "Connecting…";
  socket.onopen = () => said.textContent = "Connected";
  socket.onmessage = ({ data }) => line(`← ${typeof data === "string" ? data : `${data.byteLength} bytes`}`);
  send.addEventListener("click", () => {
    if (socket.readyState !== WebSocket.OPEN) return;
    socket.send(message.value);
    line(`→ ${message.value}`);
  });
  signal.addEventListener("abort", () => socket.close());
  await new Promise((resolve) => socket.onclose = resolve);
  said.textContent = "Closed";
}

async function ticket({ url, token, role }) {
  const answer = await fetch("/api/v1/tickets", {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ path: url.split("?")[0], ...(role !== "public" && { role }) }),
  });
  const got = await answer.json();
  if (!answer.ok) throw new Error(got.detail ?? `${answer.status}`);
  return got.ticket;
}
