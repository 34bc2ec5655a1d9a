import { commit } from "./commit.ts";
import { type Command, parseFlags } from "./flags.ts";
import { helpPage } from "./help.ts";
import { print } from "./print.ts";
import { pinned, VERSION } from "./product.ts";

const FLAGS = { json: { type: "boolean", description: "as JSON, for tools" } } as const;

const versionHelp: Command<typeof FLAGS> = {
  name: "version",
  summary: "tells the versions of Weir and of what it stands on",
  usage: "[--json]",
  flags: FLAGS,
  examples: [["weir version", "one line each"], ["weir version --json | jq -r .weir", "the bare number"]],
};

/** `weir version`. Answers the exit code. */
export async function versionCommand(args: readonly string[]): Promise<number> {
  const { flags, help } = parseFlags(versionHelp, args);
  const { ffmpegVersion } = await import("../../streams/av/build_info.ts");
  const versions = {
    weir: VERSION,
    commit: await commit() ?? "unknown",
    deno: Deno.version.deno,
    ffmpeg: ffmpegVersion(),
    onnxruntime: pinned("onnxruntime-node"),
    target: Deno.build.target,
  };
  const text = help
    ? helpPage(versionHelp)
    : flags.json
    ? JSON.stringify(versions)
    : Object.entries(versions).map(([name, version]) => `${name} ${version}`).join("\n");
  print(text);
  return 0;
}
