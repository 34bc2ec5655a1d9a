import { useRef } from "preact/hooks";
import { call } from "../api/client.ts";
import { ProblemError } from "../api/problem_error.ts";
import { now } from "../state/now.ts";
import { streams } from "../state/streams.ts";
import { MemoryFigures } from "../system/memory_figures.tsx";
import { supervisionTree } from "../system/supervision_tree.ts";
import type { ReadyAnswer, SystemAnswer } from "../system/system_answer.ts";
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
  /** When it was answered, on the page's clock. */
  atMs: number;
}

/** How the server itself is: what runs in it, what keeps it running, and what it takes. */
export function SystemPage() {
  const { value, error, again } = usePolled(load, EVERY_MS);
  const busy = useBusyCores(value);
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

/** How many cores were busy between the last two answers; undefined until there are two of one process. */
function useBusyCores(known: Known | undefined): number | undefined {
  const before = useRef<Known>();
  const busy = useRef<number>();
  if (known !== before.current) {
    const last = before.current;
    before.current = known;
    busy.current = known && last && last.system.pid === known.system.pid
      ? Math.max(0, (known.system.cpuSeconds - last.system.cpuSeconds) / ((known.atMs - last.atMs) / 1000))
      : undefined;
  }
  return busy.current;
}

async function load(signal: AbortSignal): Promise<Known> {
  const [system, ready] = await Promise.all([
    call<SystemAnswer>("GET", "/api/v1/system", undefined, { signal }),
    readiness(signal),
  ]);
  return { system, ready, atMs: performance.now() };
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
