import { type BenchReport, busyWarning, machineLine, type ReportTable, reportTables } from "./bench_report.ts";
import { type PeersReport, peersTables } from "./peers/peers_report.ts";
import { type ServiceReport, serviceTables } from "./service/service_report.ts";
import { markdownTable } from "./text_table.ts";

const HOW = `## How it is measured

- **Bare loop.** One worker a core, no framework: decode on one thread, scale and convert straight into the tensor, run
  the network on one ONNX Runtime thread without spinning, read its output, every frame. It uses Weir's own primitives,
  so the difference is what the framework costs. **Weir** runs the same clip on as many streams as there are cores, every
  frame, and counts results on the main thread. Each run has a process of its own; runs alternate; figures are medians.
  *Efficiency* is Weir ÷ bare in completed results a second, pair by pair. *CPU ms* is processor time of the whole process for each
  completed result, and *by CPU* the ratio of the two.
- **Live age.** A clip with a burned-in counter plays in real time; the age of a result is the moment the main thread has
  it minus the moment its picture was sent, which is when it was due by the clip's own schedule or up to 2 ms before (timers
  fire early). The counter is read back from the very frame, and a result whose counter is
  not its frame's would void the cell. The streams' frames come evenly spread over a frame interval. *Load* is a multiple
  of the results a second measured above. *Added* is age minus decoding, the network's run and the reading of the counter
  itself: preparing, waiting, travelling, reading the output. *Own* leaves out preparing and
  reading as well, which the bare loop does, too: what the framework adds. *Limit* is p95 of decoding and of the run, one frame interval and 10 ms.
- **Peers** run the same ONNX bytes with the same ONNX Runtime version and one thread each, over the same clips, in as
  many processes as there are cores. Their detections are matched with Weir's on the same frames (same class, IoU ≥ 0.7,
  scores within 0.1); a row that agrees on less than 85 % is void. Live, every row connects to the same RTSP cameras, and
  age counts from the moment the camera sent the picture to the moment the program has the result.
- **Service.** The server runs as users start it, its clients in processes of their own on the same cores. Results come
  from a 720p pitch at 10 frames a second through \`weir-pitch\`; Weir draws it, the other service plays it from a file. *Delivery* counts from a result's publication, which it
  carries itself, to its bytes being read; every client is held against all results that any client saw. Clients that do
  not read ask the system for the smallest receive buffer and begin earlier: as soon as something is dropped for them, or
  after three minutes (25 seconds where the service does not tell), the others come. Every client's queue
  holds 64. Webcams send to the same
  model five pictures a second each, or as many as they are granted; *to and fro* is from sending to the result's arrival.
  What cannot be reached is measured from 30 seconds after it was registered on: by then it is tried about every 15 seconds.
  Single images are a 640×480 JPEG in a form, on eight connections; the *bare line* decodes, prepares, runs and reads the
  same picture on as many threads as there are cores, without any service, right before.
  The other service is a straightforward one of FastAPI, sse-starlette, OpenCV and ONNX Runtime
  (\`scripts/bench/service/peer\`), with the same model and as many inference threads as cores;
  OpenCV opens one capture at a time in a process, so behind cameras that do not answer its other streams wait.
- Clips are rendered from Weir's own scenes and the first network is generated, so nothing has to be downloaded. The
  others are public models (YOLOX-nano, UltraFace) taken from \`WEIR_TEST_ASSETS\`; where they are not there, networks of
  like cost are generated and the table says so.
`;

/** What a smaller benchmark prints with `--json`: its tables, ready to be shown. */
export interface TablesReport {
  command: string;
  /** What else the reader must know, as paragraphs of Markdown. */
  notes?: string[];
  tables: ReportTable[];
}

/** BENCHMARKS.md out of the reports of the three large benchmarks and of smaller ones, each made with `--json`. */
export function renderBenchmarks(
  bench: BenchReport,
  peers?: PeersReport,
  service?: ServiceReport,
  ...more: TablesReport[]
): string {
  const warning = busyWarning(bench);
  const parts = [
    "# Benchmarks",
    "This page is made from the programs' own output; losing cells stay in. To make it again, on a machine with nothing " +
    "else to do:",
    [
      "```",
      "deno task bench --soak 10 --json > bench.json",
      "scripts/bench/peers/run.sh --json > peers.json",
      "deno task bench:service --json > service.json",
      ...more.map(({ command }, i) => `${command} > part${i + 1}.json`),
      `deno run -A scripts/bench/render_benchmarks.ts ${
        ["bench", "peers", "service", ...more.map((_, i) => `part${i + 1}`)].map((name) => `${name}.json`).join(" ")
      } > BENCHMARKS.md`,
      "```",
    ].join("\n"),
    `Machine: ${machineLine(bench.machine)}. Made by \`${bench.command}\`.`,
    ...(warning ? [`**${warning}**`] : []),
    ...section(reportTables(bench)),
    ...(peers ? [`Peers: ${listed(peers)}`, ...section(peersTables(peers))] : []),
    ...(service ? [`Service: ${listed(service)}`, ...section(serviceTables(service))] : []),
    ...more.flatMap(({ tables, notes = [] }) => [...section(tables), ...notes]),
    HOW,
  ];
  return parts.join("\n\n").trimEnd() + "\n";
}

/** With which versions and by which command a comparison was made. */
function listed({ versions, command }: { versions: Record<string, string>; command: string }): string {
  const pins = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${[...pins, "Weir as above"].join(", ")}. Made by \`${command}\`.`;
}

function section(tables: readonly ReportTable[]): string[] {
  return tables.flatMap(({ title, head, rows }) => [`## ${title}`, markdownTable(head, rows)]);
}

if (import.meta.main) {
  const [bench, peers, service, ...more] = Deno.args.map((path) => JSON.parse(Deno.readTextFileSync(path)));
  await Deno.stdout.write(new TextEncoder().encode(renderBenchmarks(bench, peers, service, ...more)));
}
