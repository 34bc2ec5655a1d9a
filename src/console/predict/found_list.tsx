import type { Prediction } from "../../core/services.ts";

/** What was found, as a table. */
export function FoundList({ outputs }: Pick<Prediction, "outputs">) {
  const rows = Object.entries(outputs).flatMap(([step, { detections = [], classes = [] }]) => [
    ...detections.map(({ label, score, box }) => ({ step, label, score, where: box.map(Math.round).join(", ") })),
    ...classes.map(({ label, score }) => ({ step, label, score, where: "" })),
  ]).toSorted((a, b) => b.score - a.score);
  if (rows.length === 0) {
    return (
      <p class="faint">
        Nothing was found, or nothing that can be listed; see the JSON.
      </p>
    );
  }
  return (
    <div
      class="table-room found"
      tabIndex={0}
      role="group"
      aria-label="What was found"
    >
      <table>
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col" class="figure">Score</th>
            <th scope="col">Box: x, y, width, height</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ step, label, score, where }, index) => (
            <tr key={`${step} ${index}`}>
              <td>{label}</td>
              <td class="figure">{score.toFixed(2)}</td>
              <td>{where}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
