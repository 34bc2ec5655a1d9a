import { AREA_COLOURS } from "../overlay/draw_areas.ts";
import { refreshStreams } from "../state/streams.ts";
import { Button } from "../ui/button.tsx";
import { Labelled } from "../ui/field.tsx";
import { ErrorNote } from "../ui/note.tsx";
import { say } from "../ui/toasts.tsx";
import type { Shape, ShapeKind } from "./shape.ts";
import type { ShapeSession } from "./shape_session.ts";

const KINDS: readonly { kind: ShapeKind; name: string; about: string }[] = [
  { kind: "zone", name: "Zone", about: "An area in which things are counted" },
  { kind: "line", name: "Line", about: "What crosses it is counted" },
  { kind: "mask", name: "Mask", about: "An area in which motion counts for nothing" },
];

/** What is drawn, as a list, and what can be done with it. */
export function ShapePanel({ session, onClose }: { session: ShapeSession; onClose(): void }) {
  const { shapes, placing, verdict, remarks, saving } = session;
  const save = async () => {
    if (!await session.save()) return;
    await refreshStreams();
    say("The shapes are saved");
    onClose();
  };
  return (
    <section class="shape-panel" aria-label="Zones, lines and masks">
      <div class="row" role="toolbar" aria-label="Draw">
        {KINDS.map(({ kind, name, about }) => (
          <Button
            key={kind}
            title={about}
            aria-pressed={placing.value?.kind === kind}
            onClick={() => session.begin(kind)}
          >
            <span class="swatch" style={{ background: AREA_COLOURS[kind] }} aria-hidden="true" />
            {name}
          </Button>
        ))}
        <Button kind="quiet" disabled={!session.mayUndo} title="Undo (Ctrl Z)" onClick={() => session.undo()}>
          Undo
        </Button>
        <Button kind="quiet" disabled={!session.mayRedo} title="Redo (Ctrl Shift Z)" onClick={() => session.redo()}>
          Redo
        </Button>
      </div>
      <p class="small faint hint" role="status">{hintOf(session)}</p>
      {shapes.value.length > 0 && (
        <ul>
          {shapes.value.map((shape) => <ShapeRow key={shape.key} shape={shape} session={session} />)}
        </ul>
      )}
      {remarks.value.map((remark) => <p key={remark} class="note warn small">{remark}</p>)}
      {verdict.value.state === "refused" && <ErrorNote error={verdict.value.problem} />}
      <div class="row end">
        <span class="faint small" role="status">{VERDICTS[verdict.value.state](session)}</span>
        <Button onClick={onClose}>Cancel</Button>
        <Button kind="primary" busy={saving.value} disabled={!session.maySave} onClick={() => void save()}>
          Save
        </Button>
      </div>
    </section>
  );
}

function ShapeRow({ shape, session }: { shape: Shape; session: ShapeSession }) {
  const { key, kind, name, points } = shape;
  const called = name || `mask ${key}`;
  return (
    <li>
      <span class="swatch" style={{ background: AREA_COLOURS[kind] }} aria-hidden="true" />
      {kind === "mask"
        ? <span class="name">{`Mask of ${points.length} points`}</span>
        : (
          <Labelled label={`Name of ${kind}`} fault={session.faultOf(shape)}>
            <input
              value={name}
              maxLength={63}
              spellcheck={false}
              onFocus={() => session.selected.value = key}
              onInput={(event: Event) =>
                session.change({ ...shape, name: (event.currentTarget as HTMLInputElement).value }, `name ${key}`)}
              onBlur={() => session.settle()}
            />
          </Labelled>
        )}
      {kind === "line" && (
        <Button
          kind="quiet"
          aria-label={`Turn ${called} round`}
          title="In and out change places"
          onClick={() => session.change({ ...shape, points: points.toReversed() })}
        >
          Turn
        </Button>
      )}
      <Button kind="quiet" aria-label={`Delete ${called}`} onClick={() => session.remove(key)}>Delete</Button>
    </li>
  );
}

function hintOf({ placing, shapes, selected }: ShapeSession): string {
  const kind = placing.value?.kind;
  if (kind === "line") {
    return "Press where it begins and where it ends. Enter puts one into the middle, Escape gives up.";
  }
  if (kind !== undefined) {
    return placing.value!.points.length === 0
      ? "Press on its corners one by one. Enter puts one into the middle, Escape gives up."
      : "A double press, Enter or its first corner closes it; Escape gives up.";
  }
  if (shapes.value.length === 0) return "Nothing is drawn yet. Choose what to draw.";
  return selected.value === undefined
    ? "Drag a shape or one of its points, or go there with Tab and use the arrow keys."
    : "Arrow keys move it, with Shift further; + adds a point, Delete takes one away.";
}

const VERDICTS: Record<ShapeSession["verdict"]["value"]["state"], (session: ShapeSession) => string> = {
  same: () => "Nothing is changed",
  asking: () => "Asking the server …",
  refused: () => "It cannot be saved like this",
  fits: ({ verdict }) => {
    const { value } = verdict;
    return value.state === "fits" && value.effect === "applies"
      ? "It can be saved; the source stays connected"
      : "It can be saved; the source connects anew";
  },
};
