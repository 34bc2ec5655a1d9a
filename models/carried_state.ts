import type { CarriedTensor, StateSpec } from "../src/core/model.ts";
import type { GraphInfo, Port } from "./graph_info.ts";
import { portText } from "./graph_info.ts";
import { imageInput } from "./image_input.ts";
import { ModelError } from "./model_error.ts";
import { elementCount } from "./tensors.ts";

/** What a manifest says of it: outputs by the input that gets them in the next frame. */
export type SaidState = Readonly<Record<string, string | { output: string; shape?: number[] }>>;

/** A graph's state, and what is left of it without. */
export interface FoundState {
  spec: StateSpec;
  /** What it went by. */
  why: string;
  /** The graph as adapters see it: without what it hands itself. */
  open: GraphInfo;
}

const TYPES: readonly string[] = ["float32", "float16"];

/** What a manifest says a graph hands itself from frame to frame; throws where the graph cannot. */
export function statedState(graph: GraphInfo, said: SaidState, elapsed: string | undefined): FoundState {
  const fail = (why: string) => new ModelError("manifest", `its manifest's state does not fit: ${why}`);
  const carried = Object.entries(said).map(([name, to]): CarriedTensor => {
    const { output: outputName, shape } = typeof to === "string" ? { output: to, shape: undefined } : to;
    const input = graph.inputs.find((port) => port.name === name);
    const output = graph.outputs.find((port) => port.name === outputName);
    if (!input) throw fail(`there is no input '${name}'; it has ${graph.inputs.map(portText).join(", ")}`);
    if (!output) throw fail(`there is no output '${outputName}'; it has ${graph.outputs.map(portText).join(", ")}`);
    const dims = shape ?? fixedDims(input);
    if (!dims) throw fail(`the shape of ${portText(input)} is open: give one as {output, shape}`);
    if (!TYPES.includes(input.type)) throw fail(`${portText(input)} does not hold ${TYPES.join(" or ")}`);
    if (!fits(output, input)) throw fail(`${portText(output)} is not what ${portText(input)} takes`);
    return { input: name, output: outputName, type: input.type as CarriedTensor["type"], dims };
  });
  const clock = elapsed === undefined ? undefined : graph.inputs.find(({ name }) => name === elapsed);
  if (elapsed !== undefined && !(clock && isScalar(clock))) {
    throw fail(`elapsed: '${elapsed}' is none of its inputs that take one number of type float32`);
  }
  return found(graph, carried, clock, "its manifest says what it hands itself from frame to frame");
}

/**
 * What a graph hands itself, where its shapes leave no doubt: besides a picture it takes tensors that follow each other
 * exactly as its last outputs do. One number besides is the time between two frames.
 */
export function recognisedState(graph: GraphInfo): FoundState | undefined {
  const image = imageInput(graph);
  if (!image) return undefined;
  const others = graph.inputs.filter(({ name }) => name !== image.name);
  const clocks = others.filter(isScalar);
  const states = others.filter((port) => !clocks.includes(port));
  const answers = graph.outputs.length - states.length;
  if (states.length === 0 || clocks.length > 1 || answers < 1) return undefined;
  const carried = states.map((input, n): CarriedTensor | undefined => {
    const output = graph.outputs[answers + n], dims = fixedDims(input);
    if (!dims || !TYPES.includes(input.type) || !fits(output, input)) return undefined;
    return { input: input.name, output: output.name, type: input.type as CarriedTensor["type"], dims };
  });
  if (!carried.every((one) => one !== undefined)) return undefined;
  const count = states.length === 1 ? "one tensor" : `${states.length} tensors`;
  const clock = clocks.length > 0 ? `, and ${portText(clocks[0])} takes the seconds between two frames` : "";
  return found(
    graph,
    carried,
    clocks[0],
    `it takes ${count} as its last outputs are shaped: its state, zero at the start and carried from frame to frame${clock}`,
  );
}

function found(graph: GraphInfo, carried: CarriedTensor[], clock: Port | undefined, why: string): FoundState {
  const fed = new Set([...carried.map(({ input }) => input), ...clock ? [clock.name] : []]);
  const given = new Set(carried.map(({ output }) => output));
  return {
    spec: { carried, ...(clock && { elapsed: { input: clock.name, dims: clock.dims as number[] } }) },
    why,
    open: {
      ...graph,
      inputs: graph.inputs.filter(({ name }) => !fed.has(name)),
      outputs: graph.outputs.filter(({ name }) => !given.has(name)),
    },
  };
}

function isScalar({ kind, type, dims }: Port): boolean {
  return kind === "tensor" && type === "float32" && dims !== undefined && dims.every((dim) => dim === 1);
}

function fixedDims({ kind, dims }: Port): number[] | undefined {
  if (kind !== "tensor" || !dims?.every((dim) => typeof dim === "number" && dim > 0)) return undefined;
  return elementCount(dims as number[]) > 1 ? dims as number[] : undefined;
}

/** Whether an output may be what an input takes; sizes that the file leaves open may. */
function fits(output: Port | undefined, input: Port): boolean {
  if (output?.kind !== "tensor" || output.type !== input.type) return false;
  const { dims } = output;
  return !dims || !input.dims || dims.length === input.dims.length &&
      dims.every((dim, axis) =>
        typeof dim === "string" || typeof input.dims![axis] === "string" || dim === input.dims![axis]
      );
}
