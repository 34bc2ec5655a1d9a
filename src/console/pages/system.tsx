import { useRef } from "preact/hooks";
import { call } from "../api/client.ts";
import { ProblemError } from "../api/problem_error.ts";
import { now } from "../state/now.ts";
import { streams } from "../state/streams.ts";
import { MemoryFigures } from "../system/memory_figures.tsx";
import { supervisionTree } from "../system/supervision_tree.ts";
import type { ReadyAnswer, SystemAnswer } from "../system/system_answer.ts";
import { type ModelsReading, modelThroughput } from "../system/throughput.ts";
import { ThroughputTable } from "../system/throughput_table.tsx";
import { TreeView } from "../system/tree_view.tsx";
import { usePolled } from "../system/use_polled.ts";
import { bytesText, countText, durationText, rateText } from "../ui/format.ts";
import { ErrorNote, Loading } from "../ui/note.tsx";
import { PageHead, Panel } from "../ui/panel.tsx";
import { Stat, Stats } from "../ui/stat.tsx";
import { Badge } from "../ui/state_badge.tsx";

const EVERY_MS = 2000;

interface Known {
  system: SystemAnswer;
  ready: ReadyAnswer;
  models: ModelsReading["models"];
  /** When it was answered, on the page's clock. */
  atMs: number;
}

/** How the server itself is: what runs in it, what keeps it running, and what it takes. */
export function SystemPage() {
  const { value, error, again } = usePolled(load, EVERY_MS);
  const before = useBefore(value);
  if (!value) {
    return (
      <>
        <PageHead title="System" />
        {error === undefined ? <Loading /> : <ErrorNote error={error} retry={again} />}
      </>
    );
  }
  const { system, ready } = value;
  const { version, pid, startedAt, cores, memory, leaks } = system;
  const busy = busyCores(value, before);
  const all = streams.value ?? [];
  const boundBytes = all.reduce((sum, { status }) => sum + (status?.memoryBoundBytes ?? 0), 0);
  const [fpsIn, fpsOut] = [rateOf(all, "fpsIn"), rateOf(all, "fpsOut")];
  return (
    <>
      <PageHead
        title="System"
        lead={`Weir ${version}, process ${pid}`}
        actions={
          <Badge
            tone={ready.ready ? "good" : "warn"}
            text={ready.ready ? "ready" : "not ready"}
          />
        }
      />
      <div class="columns">
        {!ready.ready && (
          <div class="note warn wide" role="status">
            <p>The server is not ready:</p>
            <ul>
              {ready.reasons.map((reason) => <li key={reason}>{reason}</li>)}
            </ul>
          </div>
        )}
        <Panel title="Now" wide>
          <Stats>
            <Stat
              label="Up for"
              value={durationText(now.value - Date.parse(startedAt))}
            />
            <Stat label="Cores busy" value={busy === undefined ? "–" : busy.toFixed(1)} unit={`of ${cores}`} />
            <Stat label="Streams" value={countText(all.length)} />
            <Stat label="Frames in" value={rateText(fpsIn)} unit="/s" />
            <Stat label="Results out" value={rateText(fpsOut)} unit="/s" />
            <Stat label="Memory" value={bytesText(memory.residentBytes)} />
            <Stat
              label="Ended by force"
              value={countText(leaks.kills)}
              hint="Threads that did not end when they were asked to"
            />
          </Stats>
          {leaks.kills > 0 && (
            <p class="faint small">
              Ending threads by force has cost about {bytesText(leaks.bytes)} so far
              {leaks.exhausted && "; the process should be restarted"}.
            </p>
          )}
        </Panel>
        <Panel title="Throughput against the ceiling" wide>
          <ThroughputTable rows={modelThroughput(value, before, system.measured)} measured={system.measured} />
        </Panel>
        <Panel title="Supervision" wide>
          <TreeView root={supervisionTree(system, all)} />
        </Panel>
        <Panel title="Memory" wide>
          <MemoryFigures {...memory} boundBytes={boundBytes} />
        </Panel>
      </div>
    </>
  );
}

/** What was known before what is known now, of the same process. */
function useBefore(known: Known | undefined): Known | undefined {
  const seen = useRef<{ now?: Known; before?: Known }>({});
  if (known !== seen.current.now) {
    const last = seen.current.now;
    const same = last && known && last.system.pid === known.system.pid;
    seen.current = { ...(known && { now: known }), ...(same && { before: last }) };
  }
  return seen.current.before;
}

/** How many cores were busy between two answers; undefined until there are two. */
function busyCores(now: Known, before: Known | undefined): number | undefined {
  if (!before) return undefined;
  const seconds = (now.atMs - before.atMs) / 1000;
  return Math.max(0, (now.system.cpuSeconds - before.system.cpuSeconds) / seconds);
}

async function load(signal: AbortSignal): Promise<Known> {
  const [system, ready, { models }] = await Promise.all([
    call<SystemAnswer>("GET", "/api/v1/system", undefined, { signal }),
    readiness(signal),
    call<Pick<ModelsReading, "models">>("GET", "/api/v1/models", undefined, { signal }),
  ]);
  return { system, ready, models, atMs: performance.now() };
}

/** A server that is not ready says so with a status that else means failure. */
async function readiness(signal: AbortSignal): Promise<ReadyAnswer> {
  const response = await fetch("/ready", { signal });
  if (response.ok || response.status === 503) return await response.json();
  throw new ProblemError({
    status: response.status,
    code: "ready",
    message: "The server does not say whether it is ready",
  });
}

function rateOf(all: readonly { status?: { fpsIn: number; fpsOut: number } }[], which: "fpsIn" | "fpsOut"): number {
  return all.reduce((sum, { status }) => sum + (status?.[which] ?? 0), 0);
}
