import type { InputSpec, Task } from "./model.ts";
import type { ModelPort, ModelView } from "./services.ts";
import type { Distribution } from "./stream.ts";

// What the API asks of the models that people bring.

/** How a version that is tried answers beside the one in force, since the threads that compare them started. */
export interface ComparisonView {
  /** Frames that both have answered. */
  compared: number;
  /** How far the answers agree on average, 0 to 1; absent where nothing could be compared. */
  agreement?: number;
  /** Frames that it had no spare time for; they were published all the same. */
  skipped: number;
  /** Frames that it gave no answer to. */
  failed: number;
}

/** One version of a model of the registry. */
export interface ModelVersionView {
  version: string;
  /** The one that the bare name means. */
  active: boolean;
  sha256: string;
  bytes: number;
  /** ISO 8601. */
  addedAt: string;
  /** A file's name, or the zoo. */
  from: string;
  task?: Task;
  adapter?: string;
  licence?: string;
  /** The streams that use it. */
  users: string[];
  /** What its copies have done that run now; absent while it is not loaded. */
  runs?: number;
  frames?: number;
  failures?: number;
  inferMs?: Distribution;
  /** While it is a canary or a shadow. */
  comparison?: ComparisonView;
}

/** What the registry says of a model. */
export interface RegistryView {
  active: string;
  /** The version that was active before, to go back to. */
  previous?: string;
  canary?: { version: string; share: number };
  shadow?: { version: string };
  /** In the order in which they were added. */
  versions: ModelVersionView[];
}

/** A download under way, or one that came to nothing. */
export interface DownloadView {
  bytes: number;
  of: number;
  /** Why it came to nothing. */
  cause?: string;
}

/** What is to change of a model; what is absent stays, and null ends a trial. */
export interface ModelChange {
  /** The version that the bare name is to mean. */
  active?: string;
  canary?: { version: string; share: number } | null;
  shadow?: { version: string } | null;
  /** Of which version the following is said; default the active one. */
  version?: string;
  minScore?: number;
  iou?: number;
  maxDetections?: number;
  labels?: string[];
}

/** How a file is added. */
export interface ModelAddition {
  /** Default the file's name. */
  name?: string;
  /** Default the lowest whole number that is free. */
  version?: string;
  /** What is said of the file over what is recognised. */
  manifest?: unknown;
  /** Makes it the active version at once; a model's first version is active anyway. */
  activate?: boolean;
}

/** What a file is to Weir. */
export interface ModelInspection {
  /** Whether it could be added as it is. */
  usable: boolean;
  /** Why it could not. */
  error?: { code: string; message: string };
  /** What it could be called. */
  name: string;
  bytes: number;
  sha256: string;
  task?: Task;
  adapter?: string;
  why?: string[];
  /** What the file leaves open and Weir assumes: what a person should look at. */
  toCheck: { field: "labels" | "input" | "adapter"; message: string }[];
  input?: InputSpec;
  inputs?: ModelPort[];
  outputs?: ModelPort[];
  labels?: { count: number; first: string[] };
  minScore?: number;
  iou?: number;
  maxDetections?: number;
  licence?: string;
  /** A version of the registry that is this very file: `name@version`. */
  knownAs?: string;
}

/** A file on its way in. Disposing of it forgets what was not added. */
export interface ModelUpload extends AsyncDisposable {
  write(bytes: Uint8Array): Promise<void>;
  /** Looks at what has come and keeps nothing. */
  inspect(manifest?: unknown): Promise<ModelInspection>;
  /** Answers the model, and whether the version is a new one. */
  add(addition: ModelAddition): Promise<{ model: ModelView; created: boolean }>;
}

/** A model of the zoo. */
export interface ZooView {
  name: string;
  describe: string;
  task: string;
  adapter: string;
  licence: string;
  /** Its licence is to be accepted before it is fetched. */
  restrictive: boolean;
  /** Where its makers tell of it and of its licence. */
  home?: string;
  bytes: number;
  sha256: string;
  /** What else is to be known before it is fetched. */
  note?: string;
  /** What it is called here, where it was added already. */
  knownAs?: string;
}

/** Which model of the zoo is to be fetched, and what it is to be called. */
export interface ZooRequest {
  zoo: string;
  name?: string;
  version?: string;
  acceptLicence?: boolean;
}

/** The models that people bring. Every method throws a `ServiceError` when it cannot do what it is asked. */
export interface ModelRegistryService {
  /** Begins to take a file; `shown` is how its sender calls it. */
  receive(shown: string): Promise<ModelUpload>;
  patch(name: string, change: ModelChange): Promise<ModelView>;
  /** Forgets a model, or one version of it: `name@version`. Ends its download where there is one. */
  remove(name: string): Promise<void>;
  zoo(): Promise<ZooView[]>;
  /** Begins to fetch a model; how far it is, the model's view tells. */
  pull(request: ZooRequest): Promise<ModelView>;
}
