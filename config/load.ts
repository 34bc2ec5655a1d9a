import { readFile } from "node:fs/promises";
import { parse, YAMLParseError } from "yaml";
import { z } from "zod";
import type { StreamRegistration } from "../src/core/stream.ts";
import { ConfigError, faultsOf } from "./issues.ts";
import { registrationSchema } from "./schema.ts";

/** What a configuration file says. */
export interface Config {
  streams: StreamRegistration[];
}

const configSchema = z.strictObject({
  streams: z.array(registrationSchema).default([]).describe("Streams that run from the start"),
}).superRefine(({ streams }, context) => {
  const seen = new Map<string, number>();
  streams.forEach(({ id }, index) => {
    const first = seen.get(id);
    if (first === undefined) seen.set(id, index);
    else {context.addIssue({
        code: "custom",
        path: ["streams", index, "id"],
        message: `streams[${first}] is called ${id} already`,
      });}
  });
});

/** Reads a configuration file, YAML or JSON. */
export async function loadConfig(path: string): Promise<Config> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new Error(`Cannot read the configuration ${path}: ${(error as Error).message}`, { cause: error });
  }
  let value: unknown;
  try {
    value = parse(text) ?? {};
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw new Error(`Cannot read the configuration ${path}: ${error.message}`, { cause: error });
  }
  const parsed = configSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ConfigError(`Cannot use the configuration ${path}`, faultsOf(parsed.error));
}
