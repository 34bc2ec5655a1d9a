import { z } from "zod";

const channels = z.union([z.number(), z.array(z.number()).min(1).max(3)]);

const inputSchema = z.strictObject({
  size: z.tuple([z.int().min(1).max(8192), z.int().min(1).max(8192)])
    .describe("Width and height in pixels, for graphs that leave their input's size open"),
  layout: z.enum(["nchw", "nhwc"]).describe("Whether channels come before the pixels or last"),
  colour: z.enum(["rgb", "bgr", "gray"]).describe("Order of the colour channels"),
  type: z.enum(["float32", "float16", "uint8"]).describe("Element type of the input"),
  fit: z.enum(["letterbox", "letterbox-top-left", "stretch", "crop"]).describe("How a picture is laid into the input"),
  resize: z.int().min(1).max(8192).describe("For crop: pixels of the short side before the cut"),
  pad: z.number().min(0).max(255).describe("Grey of the padding, 0 to 255"),
  scale: z.number().positive().describe("A pixel, 0 to 255, is multiplied by this first; 1/255 is 0.00392156862745098"),
  mean: channels.describe("Taken off after scaling: one number, or one a channel in the order of colour"),
  std: channels.describe("Divides last: one number, or one a channel in the order of colour"),
}).partial();

const feedSchema = z.strictObject({
  type: z.enum(["int64", "int32", "float32"]).describe("Element type of the input"),
  perPicture: z.array(z.number()).min(1).describe("The row of numbers that each picture gets"),
});

/** What a manifest may say of a model; whatever it leaves out is recognised from the file. */
export const manifestSchema = z.strictObject({
  name: z.string().min(1).describe("What the model is called in results; default the file's name"),
  version: z.string().describe("Version of the model, for people"),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, "is a SHA-256: 64 digits and letters a to f")
    .describe("Of the file that this was written about; another one is refused"),
  licence: z.string().describe("Licence of the weights, best as an SPDX expression"),
  task: z.enum(["detect", "classify", "embed", "head", "tensor"]).describe("What the model answers"),
  adapter: z.string().describe("Which adapter reads the outputs"),
  input: inputSchema.describe("How pictures become the model's input"),
  labels: z.union([z.array(z.string()), z.string()])
    .describe(
      "Names of the classes in order; or a text file beside the manifest, a name a line; or a list by its name: `coco`, `coco-91`, `imagenet`",
    ),
  minScore: z.number().min(0).max(1).describe("Answers with a lower score are left out, 0 to 1"),
  iou: z.number().min(0).max(1).describe("Of two boxes of a class that overlap by more, the weaker goes; 1 keeps all"),
  maxDetections: z.int().min(1).max(10_000).describe("The most detections, or classes, in one answer"),
  outputs: z.array(z.string()).min(1).describe("The graph's outputs in the adapter's order"),
  state: z.record(
    z.string(),
    z.union([
      z.string(),
      z.strictObject({ output: z.string(), shape: z.array(z.int().min(1)).max(8).optional() }),
    ]),
  ).describe(
    "Inputs that get, in the next frame, what an output answered in this one: the output's name, or {output, shape} where " +
      "the graph leaves the shape open; zeros at the start. Recognised where the shapes leave no doubt",
  ),
  elapsed: z.string().describe("The input that is told how many seconds lie between two frames"),
  options: z.looseObject({ feeds: z.record(z.string(), feedSchema).optional() })
    .describe(
      "What the adapter needs besides, as its reasons name it (layout, keypoints, masks, decoded, activation, normalise, " +
        "first); `feeds` gives further inputs their numbers",
    ),
}).partial();

/** What is said of a model besides its file. */
export type Manifest = z.infer<typeof manifestSchema>;
