import type { Command } from "./flags.ts";

const FLAGS = {
  config: {
    type: "string",
    value: "FILE",
    description: "configuration (YAML or JSON); changes to its streams are taken over",
  },
  host: { type: "string", value: "ADDRESS", description: "address to listen on, default 127.0.0.1" },
  port: {
    type: "number",
    integer: true,
    min: 0,
    max: 65535,
    value: "N",
    description: "port, default 8080; 0 takes a free one",
  },
  "data-dir": { type: "string", value: "DIR", description: "where registrations and positions are kept" },
  "media-root": { type: "string", value: "DIR", description: "lets files below DIR be played" },
  plugin: {
    type: "string",
    multiple: true,
    value: "FILE",
    description: "an analyzer of your own; it runs beside the decoding, so it must be code you trust",
  },
  demo: { type: "boolean", description: "runs a synthetic football pitch when no stream is registered" },
  "no-parent": { type: "boolean", description: "runs without the small parent that restarts the server after a crash" },
} as const;

/** `weir serve`, as its help tells it. */
export const serveHelp: Command<typeof FLAGS> = {
  name: "serve",
  summary: "runs the server: streams are registered, watched and controlled over HTTP",
  usage: "[options]",
  flags: FLAGS,
  notes: [
    ["Who is let in", [
      "On loopback no token is asked for. Beyond it every request needs one: give WEIR_TOKEN, or auth.tokens in the",
      "configuration; without either, one is made at the first start, kept in the data directory and printed once.",
    ]],
    ["Configuration", [
      "config/weir.yaml shows every key. Environment variables count more than the file (WEIR_HOST, WEIR_PORT,",
      "WEIR_DATA_DIR, WEIR_TOKEN, WEIR_CONFIG, and WEIR_<SECTION>__<KEY> for the rest), these options most.",
      "Streams of the file are taken over while the server runs: on SIGHUP, and when the file changes.",
    ]],
    ["Exit codes", ["0  stopped as asked", "1  failed", "2  cannot be carried out as typed or configured"]],
  ],
  examples: [
    ["weir serve --demo", "a server with a synthetic stream, on http://127.0.0.1:8080"],
    ["weir serve --config weir.yaml", "a server with the streams of the file"],
    ["WEIR_TOKEN=$(openssl rand -hex 16) weir serve --host 0.0.0.0", "for the whole network, with a token"],
  ],
};
