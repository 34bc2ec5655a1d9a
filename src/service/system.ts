import { cpuUsage, memoryUsage } from "node:process";
import { z } from "zod";
import { analyzers } from "../analyzers/registry.ts";
import { IMAGE_TYPES } from "../core/image_types.ts";
import type { Readiness, SystemService } from "../core/services.ts";
import { listBuiltinModels } from "../../models/builtin_models.ts";
import { ADAPTERS } from "../../models/registry.ts";
import { sources } from "../../streams/sources/registry.ts";
import type { Weir } from "../app.ts";
import { readMeasured, thisMachine } from "./measured_ceiling.ts";

/** What the server's account of itself stands on. */
export interface ServerSystemOptions {
  weir: Weir;
  version: string;
  dataDir: string;
  /** Kinds of sinks, with their schemas. */
  sinks: readonly { kind: string; describe: string; schema: z.ZodType }[];
  startedAtMs: number;
  /** Keys of the configuration that were changed and count from the next start on. */
  restartNeeded(): readonly string[];
  /** Why the server is not ready besides what is found here; empty when all is well. */
  notReady(): string[];
}

/** How the server is, and what it can do. */
export class ServerSystem implements SystemService {
  constructor(private readonly options: ServerSystemOptions) {}

  readiness(): Promise<Readiness> {
    const reasons = [...this.options.notReady()];
    for (const { setup, declared, onTrial, supervision } of this.options.weir.models()) {
      // What is only tried beside what answers keeps nobody from being answered.
      if (onTrial) continue;
      // Somebody wants it from now on; who came before has what it needs.
      if (supervision.state === "starting" && !declared) continue;
      const up = supervision.children.filter(({ state }) => state === "running").length;
      if (up < setup.replicas) reasons.push(`${setup.spec.name}: ${up} of ${setup.replicas} replicas run`);
    }
    return Promise.resolve({ ready: reasons.length === 0, reasons });
  }

  async system(): Promise<Record<string, unknown>> {
    const { weir, version, dataDir, startedAtMs } = this.options;
    const { cpu, cores } = thisMachine();
    const measured = await readMeasured(dataDir);
    const { rss, heapUsed, external } = memoryUsage();
    const { user, system } = cpuUsage();
    return {
      version,
      pid: Deno.pid,
      startedAt: new Date(startedAtMs).toISOString(),
      restartNeeded: this.options.restartNeeded(),
      cores,
      cpuSeconds: (user + system) / 1e6,
      memory: { residentBytes: rss, heapBytes: heapUsed, externalBytes: external },
      leaks: weir.leaks,
      threads: weir.threads(),
      supervision: weir.models().map(({ setup, supervision }) => ({ model: setup.spec.name, ...supervision })),
      streams: weir.list().length,
      imagePipelines: weir.images.figures,
      // A data directory may have been carried here from another machine.
      measured: measured.map((each) => ({ ...each, elsewhere: each.cpu !== cpu || each.cores !== cores })),
    };
  }

  async capabilities(): Promise<Record<string, unknown>> {
    // ONNX Runtime is large, and this thread runs nothing: it is asked only when somebody wants to know.
    const { listProviders } = await import("../../models/onnx.ts");
    const plugin = ({ kind, describe, schema }: { kind: string; describe: string; schema: z.ZodType }) => ({
      kind,
      describe,
      schema: z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }),
    });
    return {
      version: this.options.version,
      sources: sources.map(plugin),
      analyzers: analyzers.map(plugin),
      sinks: this.options.sinks.map(plugin),
      adapters: ADAPTERS.map(({ name, task, describe }) => ({ name, task, describe })),
      images: IMAGE_TYPES,
      models: (await listBuiltinModels()).map(({ name, task, licence }) => ({ name, task, licence })),
      devices: ["cpu", ...new Set(listProviders().map(({ name }) => name).filter((name) => name !== "cpu"))],
    };
  }
}
