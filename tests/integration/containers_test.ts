import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { inDirectory } from "../support/in_directory.ts";
import { ServedWeir } from "../support/served_weir.ts";
import { finished } from "../support/single_file.ts";

const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const read = (path: string) => Deno.readTextFile(root(path));

interface Service {
  image: string;
  profiles?: string[];
  build?: { target: string };
  read_only?: boolean;
  cap_drop?: string[];
  volumes?: string[];
  healthcheck?: unknown;
}

Deno.test("every service in compose.yaml is hardened, and what it mounts is there", async () => {
  const compose = parse(await read("compose.yaml"), { merge: true }) as {
    services: Record<string, Service>;
    volumes: Record<string, unknown>;
  };
  const dockerfile = await read("Dockerfile");
  const profiles = new Set(Object.values(compose.services).flatMap(({ profiles = [] }) => profiles));
  assert.deepEqual([...profiles].sort(), ["camera", "monitoring", "redis"]);
  for (const [name, service] of Object.entries(compose.services)) {
    assert.deepEqual([service.read_only, service.cap_drop], [true, ["ALL"]], name);
    assert.match(service.image, /:[\w.-]+$/, `${name} has no version`);
    if (service.build) assert.match(dockerfile, new RegExp(`AS ${service.build.target}$`, "m"));
    for (const volume of service.volumes ?? []) {
      const [from] = volume.split(":");
      if (from.startsWith("./")) assert.ok(existsSync(root(from)), volume);
      else if (!from.startsWith("$")) assert.ok(Object.hasOwn(compose.volumes, from), volume);
    }
  }
});

Deno.test("both images run as nobody in particular, stop when asked, and copy what exists", async () => {
  const dockerfile = await read("Dockerfile");
  for (const target of ["gpu", "cpu"]) {
    const stage = new RegExp(`AS ${target}\\n([\\s\\S]*?)(?:\\nFROM|$(?![\\s\\S]))`).exec(dockerfile)![1];
    for (const line of ["USER 10001", "STOPSIGNAL SIGTERM", "VOLUME /data", 'ENTRYPOINT ["/opt/weir/weir"]']) {
      assert.ok(stage.includes(`\n${line}\n`), `${target}: ${line}`);
    }
    assert.match(stage, /\nHEALTHCHECK .*\\\n {2}CMD \["\/opt\/weir\/deno".*health\.js"\]\n/);
  }
  for (const [, sources] of dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)) {
    for (const source of sources.split(" ")) assert.ok(existsSync(root(source)), source);
  }
  for (const [, path] of dockerfile.matchAll(/\/src\/(\S+)/g)) assert.ok(existsSync(root(path)), path);
  const { version } = /denoland\/deno:debian-(?<version>\S+)/.exec(dockerfile)!.groups!;
  assert.equal(version, Deno.version.deno);
});

interface Job {
  "runs-on": string;
  "timeout-minutes"?: number;
  steps: { uses?: string; run?: string; with?: Record<string, unknown> }[];
}

Deno.test("the workflows can be read, and build and test with the Deno that everything is made for", async () => {
  for await (const { name } of Deno.readDir(root(".github/workflows"))) {
    const { jobs } = parse(await read(`.github/workflows/${name}`)) as { jobs: Record<string, Job> };
    for (const [job, { steps, ...about }] of Object.entries(jobs)) {
      assert.ok(about["runs-on"], `${name}: ${job}`);
      for (const step of steps) {
        assert.ok(step.uses !== undefined || typeof step.run === "string", `${name}: ${job}`);
        const version = step.with?.["deno-version"];
        if (version !== undefined) assert.equal(version, Deno.version.deno, `${name}: ${job}`);
      }
    }
  }
});

/** What Docker would copy: everything but what .dockerignore names. */
async function copyContext(to: string): Promise<void> {
  const ignored = (await read(".dockerignore")).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const copy = async (below: string) => {
    for await (const { name, isDirectory } of Deno.readDir(root(below))) {
      const path = below === "" ? name : `${below}/${name}`;
      if (ignored.includes(path) || name.endsWith(".log")) continue;
      if (isDirectory) {
        await Deno.mkdir(`${to}/${path}`);
        await copy(path);
      } else await Deno.copyFile(root(path), `${to}/${path}`);
    }
  };
  await copy("");
}

Deno.test("what the image is built of runs: its build on what is copied, the launcher, and the health check", () =>
  inDirectory(async (directory) => {
    const folder = `${directory}/weir`;
    await Deno.mkdir(`${directory}/src`);
    await copyContext(`${directory}/src`);
    // The image installs what is here already.
    await Deno.symlink(root("node_modules"), `${directory}/src/node_modules`);
    const command = /^RUN WEIR_COMMIT=\S+ SOURCE_DATE_EPOCH=\S+ deno (.*) --unpacked \/opt\/weir$/m;
    const args = command.exec(await read("Dockerfile"))![1].split(" ");
    const built = await new Deno.Command(Deno.execPath(), {
      args: [...args, "--unpacked", folder],
      cwd: `${directory}/src`,
      env: { WEIR_COMMIT: "abc", SOURCE_DATE_EPOCH: "0" },
    }).output();
    assert.ok(built.success, new TextDecoder().decode(built.stderr));
    const env = { DENO_DIR: `${directory}/deno`, HOME: directory };
    const version = await finished(`${folder}/weir`, ["--version"], env);
    assert.match(version.stdout, /^weir \d\S+\ncommit abc$/m, version.stderr);
    const health = (url: string) =>
      finished(`${folder}/deno`, ["run", "--no-config", "--no-lock", "--allow-net", `${folder}/health.js`, url], env);
    await using weir = await ServedWeir.start();
    assert.equal((await health(`${weir.url}/health`)).code, 0);
    assert.equal((await health(`${weir.url}/nothing`)).code, 1);
    assert.equal((await health("http://127.0.0.1:9/health")).code, 1);
  }));
