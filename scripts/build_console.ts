import { build, stop } from "esbuild";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** What the console's page loads. */
export interface ConsoleBuild {
  script: string;
  style: string;
}

const SOURCE = new URL("../src/console/", import.meta.url);
const TARGET = new URL("dist/", SOURCE);

/** Bundles the console. The same sources give the same bytes on every machine. */
export async function buildConsole(): Promise<ConsoleBuild> {
  try {
    const { outputFiles } = await build({
      absWorkingDir: fileURLToPath(SOURCE),
      entryPoints: [{ in: "main.tsx", out: "console" }, {
        in: "styles/console.css",
        out: "console",
      }],
      outdir: fileURLToPath(TARGET),
      write: false,
      bundle: true,
      minify: true,
      format: "esm",
      charset: "utf8",
      legalComments: "none",
      target: ["es2023", "chrome120", "firefox121", "safari17.5"],
      jsx: "automatic",
      jsxImportSource: "preact",
      // Not every browser has it yet; what is disposed of here is disposed of by hand.
      banner: { js: 'Symbol.dispose??=Symbol("dispose");' },
    });
    const text = (end: string) => outputFiles.find(({ path }) => path.endsWith(end))!.text;
    return { script: text(".js"), style: text(".css") };
  } finally {
    await stop();
  }
}

/** Whether what is committed is what its sources give; 2 where the bundler does not run. */
async function check(): Promise<number> {
  const built = await buildConsole().catch((error: Error) => process.stderr.write(`${error.message}\n`));
  if (typeof built === "boolean") return 2;
  const kept = await Promise.all(
    ["console.js", "console.css"].map((name) => Deno.readTextFile(new URL(name, TARGET))),
  );
  return built.script === kept[0] && built.style === kept[1] ? 0 : 1;
}

if (import.meta.main) {
  if (Deno.args.includes("--check")) Deno.exit(await check());
  const { script, style } = await buildConsole();
  await Deno.mkdir(TARGET, { recursive: true });
  await Deno.writeTextFile(new URL("console.js", TARGET), script);
  await Deno.writeTextFile(new URL("console.css", TARGET), style);
  const sizes = await Promise.all([script, style].map(compressedBytes));
  process.stdout.write(
    `console.js ${sizes[0]} bytes compressed, console.css ${sizes[1]}\n`,
  );
}

/** As it travels. */
export async function compressedBytes(text: string): Promise<number> {
  const stream = new Blob([text]).stream().pipeThrough(
    new CompressionStream("gzip"),
  );
  return (await new Response(stream).arrayBuffer()).byteLength;
}
