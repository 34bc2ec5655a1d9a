import type { ModelsFlags } from "./models_flags.ts";
import { UsageError } from "./usage_error.ts";

/** Where the zoo is and where its files are fetched from: options count most, then the environment, then the file. */
export async function zooSettings(flags: ModelsFlags): Promise<{ list?: string; mirror?: string }> {
  // The configuration knows every source and sink, which listing models does not need.
  const { loadConfig } = await import("../../config/load.ts");
  const overrides = {
    zoo: {
      ...(flags.mirror !== undefined && { mirror: flags.mirror }),
      ...(flags["zoo-list"] !== undefined && { list: flags["zoo-list"] }),
    },
  };
  try {
    return (await loadConfig(Deno.env.get("WEIR_CONFIG"), { env: Deno.env.toObject(), overrides })).zoo;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
