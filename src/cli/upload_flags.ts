import type { Command } from "./flags.ts";

const FLAGS = {
  server: {
    type: "string",
    value: "URL",
    description: "the server, default http://127.0.0.1:8080",
  },
  token: {
    type: "string",
    value: "TOKEN",
    description: "who you are to it, an operator's; better in WEIR_TOKEN, where others do not see it",
  },
  model: {
    type: "string",
    multiple: true,
    value: "NAME",
    description: "play the clip through a model that the server has",
  },
  analyze: {
    type: "string",
    multiple: true,
    value: "KIND",
    description: 'and through an analyzer, such as pulse or \'presence:{"of":"person"}\', as weir run takes them',
  },
  id: { type: "string", value: "NAME", description: "what the stream is called; default after the clip" },
  realtime: { type: "boolean", description: "play it at its own pace instead of as fast as possible" },
  keep: { type: "boolean", description: "leave stream and clip on the server when the clip has ended" },
  json: { type: "boolean", description: "without --model and --analyze: print what the server keeps as JSON" },
  quiet: { type: "boolean", description: "no progress and no report on standard error" },
} as const;

/** `weir upload`, declared. */
export const uploadHelp: Command<typeof FLAGS> = {
  name: "upload",
  summary: "sends a clip to a running server, and prints what is found in it",
  usage: "FILE [--analyze KIND]… [--model NAME]… [options]",
  flags: FLAGS,
  notes: [
    ["What becomes of the clip", [
      "Without --model and --analyze it stays on the server to be played as a file, until nobody plays it and it is old",
      "(uploads.keepHours). With them it is played to its end, its results come on standard output as JSON lines like those",
      "of weir run, and then it is removed, with its stream; --keep leaves both. Ctrl-C ends it earlier.",
    ]],
    ["Exit codes", [
      "0    it is there, or was played to its end",
      "1    the server cannot be reached, or does not take it; or the stream failed",
      "2    the command line cannot be carried out",
      "130  stopped while it was being sent: nothing of it is kept",
    ]],
  ],
  examples: [
    ['weir upload face.mp4 --analyze \'pulse:{"region":"frame"}\'', "the heart rate of a finger on the lens"],
    ["weir upload face.mp4 --model ultraface --analyze pulse", "of the faces that a model of the server's finds"],
    ["weir upload match.mp4 --server https://weir.example --json", "only sent: what is told is for registrations"],
  ],
};
