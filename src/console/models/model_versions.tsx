import { useSignal } from "@preact/signals";
import type { ComparisonView, ModelChange, ModelVersionView, RegistryView } from "../../core/model_registry.ts";
import { call } from "../api/client.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field } from "../ui/field.tsx";
import { bytesText, countText, msText } from "../ui/format.ts";
import { Badge } from "../ui/state_badge.tsx";
import { say, sayProblem } from "../ui/toasts.tsx";

/** A model's versions: which is in force, which are tried beside it, and how they compare. */
export function ModelVersions({ name, registry, onChanged }: {
  name: string;
  registry: RegistryView;
  onChanged(): void;
}) {
  const busy = useSignal(false);
  const canaryOf = useSignal<string | undefined>(undefined);
  const removing = useSignal<string | undefined>(undefined);
  const { active, previous, canary, shadow, versions } = registry;
  const path = `/api/v1/models/${encodeURIComponent(name)}`;

  const attempt = async (done: string, what: () => Promise<unknown>) => {
    busy.value = true;
    try {
      await what();
      say(done);
    } catch (thrown) {
      sayProblem(thrown);
    } finally {
      busy.value = false;
      onChanged();
    }
  };
  const change = (done: string, body: ModelChange) => attempt(done, () => call("PATCH", path, body));
  const remove = (target: string, done: string) =>
    attempt(done, () => call("DELETE", `/api/v1/models/${encodeURIComponent(target)}`));

  return (
    <div class="stack versions">
      <ul>
        {versions.map((version) => (
          <li key={version.version}>
            <Version
              version={version}
              trial={canary?.version === version.version
                ? `canary, ${Math.round(canary.share * 100)} % of the frames`
                : shadow?.version === version.version
                ? "shadow"
                : undefined}
            />
            {!version.active && (
              <div class="actions">
                <Button
                  needs="operator"
                  disabled={busy.value}
                  aria-label={`Use version ${version.version} of ${name}`}
                  onClick={() => void change(`${name} is version ${version.version} now`, { active: version.version })}
                >
                  Use
                </Button>
                {canary?.version === version.version
                  ? (
                    <Button
                      needs="operator"
                      disabled={busy.value}
                      onClick={() => void change("The canary is ended", { canary: null })}
                    >
                      End canary
                    </Button>
                  )
                  : (
                    <Button
                      kind="quiet"
                      needs="operator"
                      disabled={busy.value}
                      aria-label={`Make version ${version.version} of ${name} a canary`}
                      onClick={() => canaryOf.value = version.version}
                    >
                      Canary
                    </Button>
                  )}
                {shadow?.version === version.version
                  ? (
                    <Button
                      needs="operator"
                      disabled={busy.value}
                      onClick={() => void change("The shadow is ended", { shadow: null })}
                    >
                      End shadow
                    </Button>
                  )
                  : (
                    <Button
                      kind="quiet"
                      needs="operator"
                      disabled={busy.value}
                      aria-label={`Make version ${version.version} of ${name} a shadow`}
                      title="It runs in spare time and is compared; nobody is given its answers"
                      onClick={() =>
                        void change(`Version ${version.version} runs as a shadow`, {
                          shadow: { version: version.version },
                        })}
                    >
                      Shadow
                    </Button>
                  )}
                <Button
                  kind="quiet"
                  needs="admin"
                  disabled={busy.value}
                  aria-label={`Delete version ${version.version} of ${name}`}
                  onClick={() => removing.value = `${name}@${version.version}`}
                >
                  Delete
                </Button>
              </div>
            )}
          </li>
        ))}
      </ul>
      <div class="actions">
        {previous !== undefined && previous !== active && (
          <Button
            needs="operator"
            disabled={busy.value}
            onClick={() => void change(`${name} is version ${previous} again`, { active: previous })}
          >
            {`Back to version ${previous}`}
          </Button>
        )}
        <Button kind="danger" needs="admin" disabled={busy.value} onClick={() => removing.value = name}>
          Delete the model
        </Button>
      </div>
      {canaryOf.value !== undefined && (
        <CanaryDialog
          version={canaryOf.value}
          onClose={() => canaryOf.value = undefined}
          onShare={(share) => {
            const version = canaryOf.value!;
            canaryOf.value = undefined;
            void change(`Version ${version} answers a share of the frames`, { canary: { version, share } });
          }}
        />
      )}
      {removing.value !== undefined && (
        <Dialog
          title={`Delete ${removing.value}?`}
          onClose={() => removing.value = undefined}
          actions={
            <>
              <Button onClick={() => removing.value = undefined}>Keep it</Button>
              <Button
                kind="danger"
                onClick={() => {
                  const target = removing.value!;
                  removing.value = undefined;
                  void remove(target, `${target} is gone`);
                }}
              >
                Delete
              </Button>
            </>
          }
        >
          <p>The file is taken off the server. It is refused while a stream uses it.</p>
        </Dialog>
      )}
    </div>
  );
}

function Version({ version: { version, active, bytes, addedAt, from, frames, inferMs, comparison }, trial }: {
  version: ModelVersionView;
  trial: string | undefined;
}) {
  const facts = [
    `${bytesText(bytes)} from ${from}`,
    `added ${new Date(addedAt).toLocaleDateString()}`,
    frames !== undefined && `${countText(frames)} frames`,
    inferMs && inferMs.count > 0 && `${msText(inferMs.p50)} ms a run`,
  ].filter((fact) => typeof fact === "string");
  return (
    <div>
      <p class="row">
        <strong>{`Version ${version}`}</strong>
        {active && <Badge tone="good" text="in use" />}
        {trial !== undefined && <Badge tone="busy" text={trial} />}
      </p>
      <p class="faint small">{facts.join(" · ")}</p>
      {comparison && <p class="small">{comparisonText(comparison)}</p>}
    </div>
  );
}

/** How a version that is tried answers beside the one in force. */
export function comparisonText({ compared, agreement, skipped, failed }: ComparisonView): string {
  const agrees = agreement === undefined ? "nothing compared yet" : `agrees to ${(agreement * 100).toFixed(1)} %`;
  return [
    `${agrees} over ${countText(compared)} frames`,
    skipped > 0 && `${countText(skipped)} without time for it`,
    failed > 0 && `${countText(failed)} failed`,
  ].filter((part) => typeof part === "string").join(", ");
}

function CanaryDialog({ version, onClose, onShare }: {
  version: string;
  onClose(): void;
  onShare(share: number): void;
}) {
  const percent = useSignal("10");
  const share = Number(percent.value.trim().replace(",", ".")) / 100;
  const fault = share > 0 && share < 1 ? undefined : "More than 0 and less than 100";
  return (
    <Dialog
      title={`Version ${version} as a canary`}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" disabled={fault !== undefined} onClick={() => onShare(share)}>Begin</Button>
        </>
      }
    >
      <Field
        label="Share of the frames, per cent"
        inputMode="decimal"
        hint="It answers these in the place of the version in use, and is compared with it."
        value={percent.value}
        fault={fault}
        onValue={(value) => percent.value = value}
      />
    </Dialog>
  );
}
