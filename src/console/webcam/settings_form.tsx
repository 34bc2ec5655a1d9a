import type { ComponentChildren } from "preact";
import { firstModel, modelChoices, modelOptions } from "../models/model_list.ts";
import { Button } from "../ui/button.tsx";
import { Check, Field, Select } from "../ui/field.tsx";
import type { CameraChoice } from "./camera.ts";
import { QUALITIES, RATES, type WebcamSettings, WIDTHS } from "./settings.ts";

/** Which camera is sent, how, and what looks at it; what is changed while it runs applies at once. */
export function SettingsForm({ settings, cameras, mirror, running, onChange, children }: {
  settings: WebcamSettings;
  cameras: readonly CameraChoice[];
  mirror: boolean;
  running: boolean;
  onChange(change: Partial<WebcamSettings>): void;
  /** In the place of the choice of a model. */
  children?: ComponentChildren;
}) {
  const { deviceId, facing, width, fps, quality, name } = settings;
  const choices = modelChoices.value;
  const model = settings.model ?? firstModel(choices);
  return (
    <div class="stack">
      <Select
        label="Camera"
        value={cameras.some((camera) => camera.deviceId === deviceId) ? deviceId : ""}
        options={[
          { value: "", text: facing === "user" ? "Front, or the only one" : "Back, or the only one" },
          ...cameras.map(({ deviceId, name }) => ({ value: deviceId, text: name })),
        ]}
        onValue={(deviceId) => onChange({ deviceId })}
      />
      <Button
        onClick={() => onChange({ deviceId: "", facing: facing === "user" ? "environment" : "user" })}
      >
        Use the {facing === "user" ? "back" : "front"} camera
      </Button>
      <div class="columns narrow">
        <Select
          label="Width"
          value={`${width}`}
          options={WIDTHS.map((width) => ({ value: `${width}`, text: `${width} px` }))}
          onValue={(width) => onChange({ width: Number(width) })}
        />
        <Select
          label="At most"
          value={`${fps}`}
          options={RATES.map((rate) => ({ value: `${rate}`, text: `${rate} a second` }))}
          onValue={(fps) => onChange({ fps: Number(fps) })}
        />
        <Select
          label="Quality"
          value={`${quality}`}
          options={QUALITIES.map((quality) => ({ value: `${quality}`, text: `${quality} %` }))}
          onValue={(quality) => onChange({ quality: Number(quality) })}
        />
      </div>
      {children ?? (
        <Select
          label="Model"
          value={model}
          options={modelOptions(choices, { none: "None", chosen: model })}
          onValue={(model) => onChange({ model })}
        />
      )}
      <Field
        label="Name of the stream"
        hint="Two devices under one name take turns: the newer one sends. It goes a minute after you stop."
        value={name}
        onValue={(name) => onChange({ name: name.trim() })}
        maxLength={63}
        disabled={running}
      />
      <Check
        label="Show it as in a mirror"
        checked={mirror}
        onValue={(mirror) => onChange({ mirror })}
      />
    </div>
  );
}
