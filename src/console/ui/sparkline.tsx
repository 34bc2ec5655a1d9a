/** A small line of figures over time, without axes; `undefined` leaves a hole. */
export function Sparkline(
  { values, label, top: highest }: {
    values: readonly (number | undefined)[];
    label: string;
    /** What stands at the top; default a little above the highest value. */
    top?: number;
  },
) {
  const known = values.filter((value) => value !== undefined);
  const top = highest ?? Math.max(1, ...known) * 1.15;
  let path = "";
  let drawing = false;
  values.forEach((value, index) => {
    if (value === undefined) drawing = false;
    else {
      path += `${drawing ? "L" : "M"}${index} ${(20 - (value / top) * 19).toFixed(1)}`;
      drawing = true;
    }
  });
  return (
    <svg
      class="sparkline"
      viewBox={`0 0 ${Math.max(1, values.length - 1)} 20`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <path d={path} vector-effect="non-scaling-stroke" />
    </svg>
  );
}
