import { bytesText } from "../ui/format.ts";

/** What the process takes, beside the most that its streams' frames can take. */
export function MemoryFigures(
  { residentBytes, heapBytes, externalBytes, boundBytes }: {
    residentBytes: number;
    heapBytes: number;
    externalBytes: number;
    boundBytes: number;
  },
) {
  const rows: { name: string; bytes: number; about: string }[] = [
    { name: "Process", bytes: residentBytes, about: "resident: code, models, decoders, frames" },
    { name: "Frames, at most", bytes: boundBytes, about: "the bound of all streams together, whatever the load" },
    { name: "Main thread's heap", bytes: heapBytes, about: "JavaScript's own" },
    { name: "Main thread's buffers", bytes: externalBytes, about: "beside the heap" },
  ];
  const most = Math.max(1, ...rows.map(({ bytes }) => bytes));
  return (
    <div class="table-room" tabIndex={0} role="group" aria-label="Memory">
      <table class="bars">
        <tbody>
          {rows.map(({ name, bytes, about }) => (
            <tr key={name}>
              <th scope="row">
                {name}
                <span class="hint">{about}</span>
              </th>
              <td class="figure">{bytesText(bytes)}</td>
              <td aria-hidden="true">
                <svg viewBox="0 0 100 8" preserveAspectRatio="none">
                  <rect width={100 * bytes / most} height="8" rx="1" />
                </svg>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
