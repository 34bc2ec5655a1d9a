/**
 * Writes the small networks whose answers scripts/golden/models.py works out into a folder.
 *
 * Run: deno run -A scripts/golden/write_models.ts FOLDER
 */
import { join } from "node:path";
import { MODEL_FILES } from "../../tests/golden/model_files.ts";

const [folder] = Deno.args;
await Deno.mkdir(folder, { recursive: true });
for (const [name, build] of Object.entries(MODEL_FILES)) {
  await Deno.writeFile(join(folder, `${name}.onnx`), build());
}
