import type { Command, FlagValues } from "./flags.ts";
import { table } from "./help.ts";

const FLAGS = {
  json: { type: "boolean", description: "list, inspect: as JSON, for tools" },
  manifest: { type: "boolean", description: "inspect: print a manifest to start from, and nothing else" },
  zoo: { type: "boolean", description: "list: the public models that can be fetched by name" },
  name: { type: "string", value: "NAME", description: "add, pull: what it is to be called; default its own name" },
  version: { type: "string", value: "V", description: "add, pull: its version; default the lowest free number" },
  labels: {
    type: "string",
    value: "FILE",
    description: "add, pull: names of its classes, one to a line, or coco or imagenet; default what lies beside it",
  },
  use: { type: "boolean", description: "add, pull: make it the active version; a model's first one is active anyway" },
  share: {
    type: "number",
    min: 0.001,
    max: 0.999,
    value: "X",
    description: "try: the version answers this share of the frames, from 0 to 1; without it none, it is only compared",
  },
  end: { type: "boolean", description: "try: no version is tried any more" },
  mirror: { type: "string", value: "URL", description: "pull: fetch from below this address instead" },
  "zoo-list": { type: "string", value: "FILE", description: "list, pull: your own list in the place of the zoo" },
  "accept-licence": { type: "boolean", description: "pull: the licence was read and is accepted" },
  "data-dir": {
    type: "string",
    value: "DIR",
    description: "where models are kept (default: WEIR_DATA_DIR, or a folder of yours)",
  },
} as const;

/** What was given to `weir models`. */
export type ModelsFlags = FlagValues<typeof FLAGS>;

/** `weir models` as help tells it. */
export function modelsHelp(adapters: readonly { name: string; describe: string }[]): Command<typeof FLAGS> {
  return {
    name: "models",
    summary: "keeps models, version beside version; fetches public ones; tells what a file is to Weir, and why",
    usage: "list | add FILE | inspect MODEL… | pull NAME… | use, try NAME@VERSION | rm NAME[@VERSION]  [options]",
    flags: FLAGS,
    notes: [
      [
        "Verbs",
        table([
          ["list", "the models that were added and those that come with Weir; --zoo: those that can be fetched"],
          ["add", "checks a file, tries it and keeps it; its manifest is what lies beside it"],
          ["inspect", "what a file is: inputs, outputs, metadata, the adapter Weir would use and why; keeps nothing"],
          ["pull", "fetches a public model, goes on where it broke off, and checks that it is what was published"],
          ["use", "makes a version the one that the bare name means; a server that runs follows at once"],
          [
            "try",
            "runs a version beside the active one and compares them; GET /api/v1/models/NAME tells how they agree",
          ],
          ["rm", "forgets a model, or one version of it"],
        ]).map((line) => line.slice(2)),
      ],
      ["Names", [
        "Wherever a model is named, a file of that path is meant first, then a model of the registry (name, or",
        "name@version for one version whatever is active), then a built-in one.",
      ]],
      ["Adapters", table(adapters.map(({ name, describe }) => [name, describe])).map((line) => line.slice(2))],
      ["Manifests", [
        "What a file does not tell, or tells wrongly, a manifest beside it says: for some.onnx in some.weir.yaml",
        "(or .json). weir models inspect some.onnx --manifest prints one to start from. Names of classes that neither",
        "tells are taken from some.names, some.labels.txt, or the folder's labels.txt, classes.txt or config.json.",
      ]],
      ["Exit codes", ["0  done; every inspected model can be used", "1  not done, and why is told"]],
    ],
    examples: [
      ["weir models pull yunet && weir run camera:0 --model yunet", "a public model, fetched and used"],
      ["weir models add yolo11n.onnx --name people", "keep a file of yours; streams name it people"],
      ["weir models add pets.onnx --labels pets.txt", "with names for what it would tell by number"],
      ["weir models add better.onnx --name people --version 2 --use", "another version, in force at once"],
      ["weir models use people@1", "and back"],
      ["weir models try people@3 --share 0.1", "every tenth frame is answered by another version"],
      ["weir models inspect odd.onnx --manifest > odd.weir.yaml", "a manifest to fill in"],
      ["weir models inspect *.onnx --json | jq -r 'select(.usable | not) | .error.message'", "why some are refused"],
    ],
  };
}
