/** Ways to a picture that can be registered here. */
export const ADD_KINDS = ["address", "file", "scene", "camera"] as const;

/** One way out of {@link ADD_KINDS}. */
export type AddKind = (typeof ADD_KINDS)[number];

/** The form as it is filled in: what stands in its fields, of every kind, so that changing the kind loses nothing. */
export interface AddForm {
  kind: AddKind;
  address: string;
  username: string;
  password: string;
  transport: string;
  path: string;
  /** `live`: played at its own speed again and again. `once`: every frame, as fast as it goes. */
  play: string;
  scene: string;
  seed: string;
  size: string;
  fps: string;
  /** A camera at the server. */
  device: string;
  /** Empty for none. */
  model: string;
  track: boolean;
  minScore: string;
  maxFps: string;
  /** Empty for the one that is suggested. */
  name: string;
}

/** A form that nobody has touched yet. */
export function emptyForm(): AddForm {
  return {
    kind: "address",
    address: "",
    username: "",
    password: "",
    transport: "tcp",
    path: "",
    play: "live",
    scene: "pitch",
    seed: "7",
    size: "1280x720",
    fps: "25",
    device: "0",
    model: "",
    track: true,
    minScore: "",
    maxFps: "",
    name: "",
  };
}
