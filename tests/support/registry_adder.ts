import { admitModel } from "../../models/admission.ts";
import { activated, RegistryStore } from "../../models/registry_store.ts";
import { tinyDetector } from "../../scripts/bench/sample_models.ts";

// Changes a registry without a pause, a line for every step, until it is killed.

const [directory, name] = Deno.args;
const store = new RegistryStore(directory);
for (let n = 0;; n++) {
  await using file = await store.receive("tiny.onnx");
  await file.write(tinyDetector({ size: 64 + 32 * (n % 4) }));
  await file.finish();
  const { manifest } = await admitModel(file.path);
  // Two processes share one model, so that they get in each other's way.
  const title = n % 3 === 0 ? "shared" : name;
  const { version: { version } } = await store.add(file, { name: title, from: "test", manifest });
  await step();
  await store.update(title, (model) => activated(model, version)).catch(() => {});
  await step();
  if (n % 5 === 4) await store.remove(title).catch(() => {});
  await step();
}

async function step(): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(".\n"));
}
