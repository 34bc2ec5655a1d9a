import type { ComponentChildren } from "preact";
import { hrefTo } from "../router.ts";
import { Field, Select } from "../ui/field.tsx";
import { ADD_KINDS, type AddForm, type AddKind } from "./add_form.ts";
import { MediaBrowser } from "./media_browser.tsx";
import { isCameraAddress } from "./registration.ts";
import { sceneChoices } from "./scenes.ts";

/** What a part of the form is given: what stands in it, what is wrong with it, and where changes go. */
export interface FormPart {
  form: AddForm;
  faults: Partial<Record<keyof AddForm, string>>;
  onChange(change: Partial<AddForm>): void;
}

const KINDS: Record<AddKind, { name: string; about: string }> = {
  address: { name: "Camera or address", about: "RTSP, HLS, MJPEG, RTMP, SRT" },
  file: { name: "File", about: "a video below the media root" },
  scene: { name: "Scene", about: "made here; needs nothing" },
  camera: { name: "Server's camera", about: "USB, at the server itself" },
};

/** Chooses where the pictures come from. */
export function KindChoice({ form, onChange }: FormPart) {
  return (
    <fieldset class="kinds">
      <legend class="unseen">Where the pictures come from</legend>
      {ADD_KINDS.map((kind) => (
        <label key={kind} class="kind">
          <input
            type="radio"
            name="kind"
            checked={form.kind === kind}
            onChange={() => onChange({ kind })}
          />
          <span>
            <strong>{KINDS[kind].name}</strong>
            <span class="hint">{KINDS[kind].about}</span>
          </span>
        </label>
      ))}
      <a class="kind" href={hrefTo("webcam")}>
        <span aria-hidden="true">→</span>
        <span>
          <strong>This device's camera</strong>
          <span class="hint">webcam or phone, from this page</span>
        </span>
      </a>
    </fieldset>
  );
}

/** The fields of the kind that is chosen. */
export function SourceFields(part: FormPart): ComponentChildren {
  switch (part.form.kind) {
    case "address":
      return <AddressFields {...part} />;
    case "file":
      return <FileFields {...part} />;
    case "scene":
      return <SceneFields {...part} />;
    case "camera":
      return (
        <Field
          label="Camera"
          hint="A number, a path such as /dev/video2, or a part of its name."
          {...fieldOf(part, "device")}
        />
      );
  }
}

function AddressFields(part: FormPart) {
  const { address } = part.form;
  return (
    <>
      <Field
        label="Address"
        hint="As the camera's handbook gives it: rtsp://10.0.0.7/main, https://example.org/live.m3u8"
        inputMode="url"
        {...fieldOf(part, "address")}
      />
      {isCameraAddress(address) && (
        <div class="columns narrow">
          <Field
            label="User"
            autocomplete="off"
            {...fieldOf(part, "username")}
          />
          <Field
            label="Password"
            type="password"
            autocomplete="new-password"
            {...fieldOf(part, "password")}
          />
          <Select
            label="Transport"
            options={[
              { value: "tcp", text: "TCP" },
              { value: "udp", text: "UDP" },
              { value: "auto", text: "What it takes" },
            ]}
            {...fieldOf(part, "transport")}
          />
        </div>
      )}
    </>
  );
}

function FileFields(part: FormPart) {
  return (
    <>
      <MediaBrowser chosen={part.form.path} onChoose={(path) => part.onChange({ path })} />
      <Field
        label="Path"
        hint="At the server, below its media root (sources.mediaRoot)."
        {...fieldOf(part, "path")}
      />
      <Select
        label="Played"
        options={[
          { value: "live", text: "Again and again, at its own speed" },
          { value: "once", text: "Once, as fast as it goes" },
        ]}
        {...fieldOf(part, "play")}
      />
    </>
  );
}

function SceneFields(part: FormPart) {
  const { scene } = part.form;
  const scenes = sceneChoices.value ?? [{ name: scene }];
  const about = scenes.find(({ name }) => name === scene)?.about;
  return (
    <>
      <Select
        label="Scene"
        hint={about === undefined ? NBSP : `${sentence(about)}.`}
        options={scenes.map(({ name }) => ({ value: name, text: sentence(name) }))}
        {...fieldOf(part, "scene")}
      />
      <div class="columns narrow">
        <Select
          label="Size"
          options={["640x360", "960x540", "1280x720", "1920x1080"].map((size) => ({
            value: size,
            text: size.replace("x", " × "),
          }))}
          {...fieldOf(part, "size")}
        />
        <Field
          label="Frames a second"
          inputMode="decimal"
          {...fieldOf(part, "fps")}
        />
        <Field
          label="Seed"
          hint="Another number, another scene."
          inputMode="numeric"
          {...fieldOf(part, "seed")}
        />
      </div>
    </>
  );
}

/** Keeps the room of words that are on their way. */
const NBSP = "\u00a0";

function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

type TextField = {
  [K in keyof AddForm]: AddForm[K] extends string ? K : never;
}[keyof AddForm];

/** What ties a control to its place in the form. */
export function fieldOf({ form, faults, onChange }: FormPart, name: TextField) {
  return {
    value: form[name] as string,
    fault: faults[name],
    onValue: (value: string) => onChange({ [name]: value }),
  };
}
