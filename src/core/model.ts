/** How a picture is laid into a model's input. */
export type Fit =
  /** Keep the aspect, centre, pad the rest. */
  | "letterbox"
  /** Keep the aspect, put it top left, pad the rest. */
  | "letterbox-top-left"
  /** Fill the input, aspect be damned. */
  | "stretch"
  /** Scale the short side to `resize`, cut the centre out. */
  | "crop";

/** Exactly what a model's input wants: a picture, or for a head the feature vector of another model. */
export interface InputSpec {
  /** The input's name in the graph. */
  name: string;
  width: number;
  height: number;
  /** `vector` is no picture but `width` numbers of type float, which another model answered. */
  layout: "nchw" | "nhwc" | "vector";
  colour: "rgb" | "bgr" | "gray";
  type: "float32" | "float16" | "uint8";
  fit: Fit;
  /** For `crop`: the short side before the cut; default the input's own size. */
  resize?: number;
  /** Padding, 0–255. */
  pad: number;
  /** Value = (pixel 0–255 × `scale` − mean[c]) / std[c], channels in the order of `colour`. */
  scale: number;
  mean: number[];
  std: number[];
  /** Largest batch the graph takes; 1 when its first dimension is fixed at 1. */
  maxBatch: number;
  /** Behind the batch the graph has a dimension for frames, of one. */
  timed?: boolean;
}

/** What a network is handed of what it answered to the frame before. */
export interface CarriedTensor {
  input: string;
  output: string;
  type: "float32" | "float16";
  /** Of the zeros that it begins with. */
  dims: number[];
}

/** What a network hands itself from frame to frame. */
export interface StateSpec {
  carried: CarriedTensor[];
  /** The input that is told how many seconds lie between two frames. */
  elapsed?: { input: string; dims: number[] };
}

/** What a model answers. */
export type Task = "detect" | "classify" | "embed" | "head" | "tensor";

/** Everything needed to run a model on pictures. Plain data: it crosses threads as it is. */
export interface ModelSpec {
  name: string;
  /** Path of the ONNX file. */
  file: string;
  sha256: string;
  task: Task;
  /** Name of the adapter in the registry of models. */
  adapter: string;
  input: InputSpec;
  /** Outputs to ask for, in the adapter's order; others are not computed into JavaScript. */
  outputs: string[];
  /** What it hands itself from frame to frame, of networks that remember. */
  state?: StateSpec;
  labels: string[];
  minScore: number;
  iou: number;
  maxDetections: number;
  /** What the adapter needs besides, from metadata or manifest. */
  options?: Record<string, unknown>;
  licence?: string;
  version?: string;
  /** The model of which this is one version, where several run side by side; results are told under its name. */
  family?: string;
}

/** Where a model runs. */
export type Device = "auto" | "cpu" | "cuda" | "tensorrt" | "webgpu" | "coreml" | "dml";
