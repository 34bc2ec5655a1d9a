import type { StreamView } from "../../core/services.ts";
import type { ChildAnswer, SupervisorAnswer, SystemAnswer, ThreadAnswer } from "./system_answer.ts";

/** How a state looks. */
export type Tone = "good" | "busy" | "warn" | "bad" | "calm";

/** One thing that is kept running, and what it keeps running itself. */
export interface TreeNode {
  /** Its place in the tree: the same as long as it is the same thing. */
  key: string;
  name: string;
  state: string;
  tone: Tone;
  /** Unix milliseconds. */
  sinceMs?: number;
  restarts?: number;
  nextAttemptMs?: number;
  cause?: string;
  mailbox?: { depth: number; capacity: number; dropped: number };
  /** A stream with a page of its own. */
  stream?: string;
  /** The most memory that its frames can take. */
  memoryBoundBytes?: number;
  children: TreeNode[];
}

/** Everything that runs in the server, as it stands: who keeps whom alive, and how that goes. */
export function supervisionTree(system: SystemAnswer, streams: readonly StreamView[]): TreeNode {
  const { dispatcher, streams: { replaced, workers } } = system.threads;
  const models = system.supervision.map(supervisorNode);
  const grants = { ...threadNode(dispatcher), restarts: dispatcher.restarts };
  const hosted = new Set(workers.flatMap(({ streams }) => streams));
  const threads = workers.map((worker) => ({
    ...threadNode(worker),
    // Probes run there as well, and are nobody's streams.
    children: streams.filter(({ id }) => worker.streams.includes(id)).map(streamNode),
  }));
  const elsewhere = streams.filter(({ id }) => !hosted.has(id)).map(streamNode);
  const cameras = [...threads.flatMap(({ children }) => children), ...elsewhere];
  const rest = elsewhere.length === 0 ? [] : [
    { key: "elsewhere", name: "In no thread", ...summary(elsewhere), children: elsewhere },
  ];
  return {
    key: "weir",
    name: "Weir",
    ...summary([grants, ...models, ...cameras]),
    sinceMs: Date.parse(system.startedAt),
    children: [
      grants,
      { key: "models", name: "Models", ...summary(models), children: models },
      {
        key: "threads",
        name: "Stream threads",
        ...summary(threads, [...threads, ...cameras]),
        restarts: replaced,
        children: [...threads, ...rest],
      },
    ],
  };
}

const TONES: Readonly<Record<string, Tone>> = {
  running: "good",
  connecting: "busy",
  starting: "busy",
  waiting: "busy",
  stalled: "warn",
  backoff: "warn",
  paused: "calm",
  stopping: "calm",
  stopped: "calm",
  failed: "bad",
};

const WORDS: Readonly<Record<string, string>> = { backoff: "waiting to retry" };

/** From the best to the worst. */
const ORDER: readonly Tone[] = ["calm", "good", "busy", "warn", "bad"];

function supervisorNode({ model, name, state, since, cause, children }: SupervisorAnswer): TreeNode {
  const key = `model ${model ?? name}`;
  return {
    key,
    name: model ?? name,
    state,
    tone: toneOf(state),
    sinceMs: since,
    ...(cause && { cause: cause.message }),
    children: children.map((child) => childNode(child, key)),
  };
}

function childNode(child: ChildAnswer, above: string): TreeNode {
  const { name, state, since, restarts, nextAttemptMs, cause, actor } = child;
  const key = `${above}/${name}`;
  return {
    key,
    name,
    state: WORDS[state] ?? state,
    tone: toneOf(state),
    sinceMs: since,
    ...(restarts !== undefined && { restarts }),
    ...(nextAttemptMs !== undefined && { nextAttemptMs }),
    ...(cause && { cause: cause.message }),
    ...(actor?.mailbox && { mailbox: actor.mailbox }),
    children: (actor?.children ?? []).map((inner) => childNode(inner, key)),
  };
}

function threadNode({ name, state, since, mailbox, cause }: ThreadAnswer): TreeNode {
  return {
    key: `thread ${name}`,
    name,
    state: WORDS[state] ?? state,
    tone: toneOf(state),
    sinceMs: since,
    mailbox,
    ...(cause && { cause: cause.message }),
    children: [],
  };
}

function streamNode({ id, status }: StreamView): TreeNode {
  const node = { key: `stream ${id}`, name: id, stream: id, children: [] };
  if (!status) return { ...node, state: "being moved", tone: "busy" };
  const { state, sinceMs, restarts, nextAttemptMs, cause, memoryBoundBytes } = status;
  return {
    ...node,
    state: WORDS[state] ?? state,
    // What could not be reached before is in trouble while it is tried again, too.
    tone: state === "connecting" && cause ? "warn" : toneOf(state),
    sinceMs,
    restarts,
    memoryBoundBytes,
    ...(nextAttemptMs !== undefined && { nextAttemptMs }),
    ...(cause && { cause: cause.message }),
  };
}

/** A whole is as well as the worst of its parts, and of what is in them. */
function summary(parts: readonly TreeNode[], all = parts): Pick<TreeNode, "state" | "tone"> {
  const running = parts.filter(({ state }) => state === "running").length;
  const troubled = all.filter(({ tone }) => tone === "warn" || tone === "bad").length;
  const words = [`${running} of ${parts.length} running`, ...troubled > 0 ? [`${troubled} in trouble`] : []];
  return { state: parts.length === 0 ? "none" : words.join(", "), tone: worst(all) };
}

function worst(parts: readonly TreeNode[]): Tone {
  const tones = parts.map(({ tone }) => tone);
  return ORDER.findLast((tone) => tones.includes(tone)) ?? "calm";
}

function toneOf(state: string): Tone {
  return TONES[state] ?? "busy";
}
