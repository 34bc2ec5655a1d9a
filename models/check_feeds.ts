import { type GraphInfo, portText } from "./graph_info.ts";
import { ModelError } from "./model_error.ts";
import { elementCount, type Feed } from "./tensors.ts";

/** Throws, saying what does not fit, unless the feeds are exactly what the graph's inputs want. */
export function checkFeeds(graph: GraphInfo, feeds: Record<string, Feed>): void {
  const fail = (why: string) => new ModelError("invalid_input", `Cannot run model ${graph.file}: ${why}`);
  const names = graph.inputs.map(({ name }) => name);
  for (const name in feeds) {
    if (!names.includes(name)) throw fail(`it has no input '${name}', it has ${names.join(", ")}`);
  }
  for (const port of graph.inputs) {
    const feed = feeds[port.name];
    if (!feed) throw fail(`its input '${portText(port)}' was not fed`);
    const got = `got ${feed.type}[${feed.dims.join(",")}]`;
    if (port.kind === "tensor" && port.type !== feed.type) throw fail(`its input is ${portText(port)}, ${got}`);
    const fits = !port.dims || port.dims.length === feed.dims.length &&
        port.dims.every((dim, axis) => typeof dim === "string" || dim === feed.dims[axis]);
    if (!fits) throw fail(`its input is ${portText(port)}, ${got}`);
    if (elementCount(feed.dims) !== feed.data.length) {
      throw fail(`input '${port.name}' ${got} with ${feed.data.length} values`);
    }
    if (!Array.isArray(feed.data) && feed.data.buffer instanceof SharedArrayBuffer) {
      throw fail(`input '${port.name}' lies in shared memory, which ONNX Runtime refuses`);
    }
  }
}
