import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { build } from "../../scripts/build/build.ts";
import { thirdParty } from "../../src/cli/third_party.ts";
import { bareDebian } from "../support/bare_debian.ts";
import { succeeds } from "../support/python_env.ts";
import { finished, SingleFile } from "../support/single_file.ts";
import { skip } from "../support/skip.ts";
import { until } from "../support/until.ts";

const LINUX = Deno.build.os === "linux";
const root = LINUX && Deno.uid() === 0;
/** A mount of one's own, in which a disk may be small or not to be written to. */
const mounts = root && await succeeds("unshare", "--mount", "true");

const debian = mounts ? await bareDebian() : undefined;

let file: SingleFile;
Deno.test.beforeAll(async () => {
  if (!LINUX) return;
  file = await SingleFile.build();
  await file.run(["--version"]);
});
Deno.test.afterAll(async () => await file?.[Symbol.asyncDispose]());

/** Declares a test of the file with a cache directory that nobody has used. */
function fileTest(
  what: string,
  run: (cache: string, single: SingleFile) => Promise<void>,
  unless = true,
  wants = "Linux",
) {
  const ignore = skip(what, LINUX && unless, wants);
  Deno.test({ name: what, ignore, fn: () => file.withCache((cache) => run(cache, file)) });
}

const programs = async (cache: string) =>
  (await Array.fromAsync(Deno.readDir(`${cache}/program`))).map(({ name }) => name);
const home = async (cache: string) =>
  `${cache}/program/${(await programs(cache)).find((name) => !name.startsWith("."))}`;

fileTest("the single file unpacks itself once and tells its versions", async (cache, single) => {
  const first = await single.run(["--version"], { WEIR_CACHE_DIR: cache });
  assert.equal(first.stderr, "");
  assert.match(first.stdout, /^weir \d+\.\d+\.\d+\ncommit [0-9a-f]{40}\+?\ndeno .*\nffmpeg \d.*\nonnxruntime \d/);
  assert.equal((await programs(cache)).length, 1, "nothing lies about");
  const made = (await Deno.stat(await home(cache))).ino;
  assert.deepEqual(await single.run(["--version"], { WEIR_CACHE_DIR: cache }), first);
  assert.equal((await Deno.stat(await home(cache))).ino, made);
});

fileTest(
  "without WEIR_CACHE_DIR it unpacks into the customary place, and says so where there is none",
  async (cache, single) => {
    assert.equal((await single.run(["--version"], { HOME: cache })).code, 0);
    assert.ok((await Deno.stat(`${cache}/.cache/weir/program`)).isDirectory);
    const nowhere = await single.run(["--version"], {});
    assert.equal(nowhere.code, 1);
    assert.match(nowhere.stderr, /neither WEIR_CACHE_DIR nor HOME is set/);
  },
);

fileTest("two first starts at once do not disturb each other", async (cache, single) => {
  const ends = await Promise.all([1, 2].map(() => single.run(["--version"], { WEIR_CACHE_DIR: cache })));
  assert.deepEqual(ends.map(({ code, stderr }) => ({ code, stderr })), Array(2).fill({ code: 0, stderr: "" }));
  assert.equal((await programs(cache)).length, 1);
});

fileTest("what is damaged in the cache is made anew", async (_, single) => {
  await single.run(["--version"]);
  const app = `${await home(single.cache)}/app`;
  const damages: [string, () => Promise<void>][] = [
    ["a cut file", () => Deno.truncate(`${app}/main.js`, 10)],
    ["a missing and a foreign file", () => Deno.rename(`${app}/stream_worker.js`, `${app}/another.js`)],
  ];
  for (const [what, damage] of damages) {
    await damage();
    const { code, stderr } = await single.run(["--version"]);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" }, what);
    assert.ok(
      (await Deno.stat(`${app}/main.js`)).size > 10 && (await Deno.stat(`${app}/stream_worker.js`)).isFile,
      what,
    );
    assert.equal((await programs(single.cache)).length, 1, what);
  }
});

fileTest("of older versions the latest stays, and those that somebody runs", async (cache, single) => {
  const old = async (name: string, program: string, ageS: number) => {
    await Deno.mkdir(`${cache}/program/${name}/app`, { recursive: true });
    await Deno.copyFile(program, `${cache}/program/${name}/deno`);
    await Deno.utime(`${cache}/program/${name}`, Date.now() / 1000 - ageS, Date.now() / 1000 - ageS);
    return `${cache}/program/${name}/deno`;
  };
  await old("aaaa-latest", "/bin/true", 100);
  await old("bbbb-unused", "/bin/true", 200);
  const held = await old("cccc-held", "/bin/true", 300);
  const running = await old("dddd-running", "/bin/sleep", 400);
  await old("eeee-unused", "/bin/true", 500);
  const users = [
    new Deno.Command("flock", { args: ["-s", held, "sleep", "600"] }),
    new Deno.Command(running, { args: ["600"] }),
  ]
    .map((command) => command.spawn());
  try {
    await until(async () => !await succeeds("flock", "-n", "-x", held, "true"), "the older version to be held");
    const { code, stderr } = await single.run(["--version"], { WEIR_CACHE_DIR: cache });
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    const left = (await programs(cache)).filter((name) => /-/.test(name)).sort();
    assert.deepEqual(left, ["aaaa-latest", "cccc-held", "dddd-running"]);
    assert.equal((await programs(cache)).length, 4);
  } finally {
    // flock's own child holds on to the lock.
    for (const user of users) {
      for (const pid of [await childOf(user.pid), user.pid]) if (pid > 0) Deno.kill(pid, "SIGKILL");
      await user.status;
    }
  }
});

fileTest("a file that arrived in part says so", async (cache, single) => {
  await Deno.mkdir(cache);
  const part = `${cache}/weir`;
  await Deno.copyFile(single.path, part);
  await Deno.truncate(part, 1_000_000);
  const { code, stderr } = await finished("/bin/sh", [part, "--version"], { WEIR_CACHE_DIR: cache });
  assert.equal(code, 1);
  assert.match(stderr, /is damaged: it has 1000000 bytes instead of \d+\. Fetch it again/);
});

fileTest(
  "a cache that others can write to is refused",
  async (cache, single) => {
    const env = { WEIR_CACHE_DIR: cache };
    await Deno.mkdir(cache);
    await Deno.chmod(cache, 0o777);
    const open = await single.run(["--version"], env);
    assert.deepEqual([open.code, /everybody can write to it/.test(open.stderr)], [1, true], open.stderr);
    await Deno.chmod(cache, 0o755);
    await Deno.chown(cache, 65534, 65534);
    const foreign = await single.run(["--version"], env);
    assert.equal(foreign.code, 1);
    assert.match(foreign.stderr, /belongs to another user \(nobody\)\.\n.*Set WEIR_CACHE_DIR/);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(cache)), []);
  },
  root,
  "to be root",
);

fileTest(
  "a disk that is full is told, and nothing half stays behind",
  async (cache, single) => {
    await Deno.mkdir(cache);
    for (const size of ["50m", "150m"]) {
      const script =
        `mount -t tmpfs -o size=${size} none "$0" && { "$1" --version; code=$?; ls -A "$0/program"; exit $code; }`;
      const { code, stdout, stderr } = await finished("unshare", ["--mount", "sh", "-c", script, cache, single.path], {
        WEIR_CACHE_DIR: cache,
      });
      assert.equal(code, 1, size);
      assert.match(stderr, /which has \d+ MB left and needs \d+.*(No space left|no space left|ENOSPC)/s, size);
      assert.match(stderr, /Set WEIR_CACHE_DIR/);
      assert.equal(stdout, "", `left behind: ${stdout}`);
    }
  },
  mounts,
  "to be root and to mount",
);

fileTest(
  "a cache that cannot be written to is refused before, and used after it was filled",
  async (cache, single) => {
    await Deno.mkdir(cache);
    const locked = async () =>
      await finished("unshare", [
        "--mount",
        "sh",
        "-c",
        'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$1" run "scene:counter?seconds=1&pace=fast" --quiet',
        cache,
        single.path,
      ], { WEIR_CACHE_DIR: cache, HOME: "/nonexistent" });
    const before = await locked();
    assert.equal(before.code, 1);
    assert.match(before.stderr, /Cannot make the cache directory .*\n.*Set WEIR_CACHE_DIR to a directory of your own/);
    await finished("cp", ["-a", `${single.cache}/.`, cache]);
    const after = await locked();
    assert.equal(after.code, 0, after.stderr);
    assert.match(after.stdout, /"type":"result"/);
  },
  mounts,
  "to be root and to mount",
);

fileTest(
  "the server in it gets ready, finds its model, comes back after a crash and stops when asked",
  async (_, single) => {
    // Not in memory: what lies below /dev is not for a server with its few permissions.
    const folder = await Deno.makeTempDir({ prefix: "weir-test-" });
    await finished("cp", ["-a", single.cache, `${folder}/cache`]);
    const child = new Deno.Command(single.path, {
      args: ["serve", "--demo", "--port", "0", "--data-dir", `${folder}/data`],
      clearEnv: true,
      env: { PATH: "/usr/bin:/bin", WEIR_CACHE_DIR: `${folder}/cache` },
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    try {
      let said = "";
      const nextUrl = async () => {
        for (;;) {
          const found = /^Weir \S+ is at (\S+)$/m.exec(said);
          if (found) {
            said = said.slice(found.index + found[0].length);
            return found[1];
          }
          const { done, value } = await lines.read();
          if (done) throw new Error("The program ended before it said where it is");
          said += value;
        }
      };
      const url = await nextUrl();
      const first = await firstResult(`${url}/stream`);
      assert.equal(first.outputs.detect.model, "weir-pitch");
      const page = await (await fetch(url)).text();
      assert.match(page, /<title>/);
      Deno.kill(await childOf(child.pid), "SIGKILL");
      const again = await nextUrl();
      assert.equal((await firstResult(`${again}/stream`)).stream, "default");
    } finally {
      // The shell's place was taken by the program: the signal reaches it.
      child.kill("SIGTERM");
      while (!(await lines.read()).done);
      await child.status;
      await Deno.remove(folder, { recursive: true });
    }
    assert.equal((await child.status).code, 0);
  },
);

async function firstResult(url: string) {
  const response = await fetch(url);
  let text = "";
  for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
    text += part;
    const data = /^event: result\ndata: (.*)$/m.exec(text)?.[1];
    if (data) return JSON.parse(data);
  }
  throw new Error("The stream ended without a result");
}

async function childOf(pid: number): Promise<number> {
  return Number((await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`)).trim().split(" ")[0]);
}

fileTest(
  "two builds of the same source are the same bytes, with checksums, parts and licences beside them",
  async (cache, single) => {
    const again = await build({ out: cache, fast: true });
    const digest = async (path: string) => createHash("sha256").update(await Deno.readFile(path)).digest("hex");
    assert.equal(await digest(again), await digest(single.path));
    const sums = await Deno.readTextFile(`${cache}/SHA256SUMS`);
    for (const line of sums.trim().split("\n")) {
      const [sum, file] = line.split("  ");
      assert.equal(await digest(`${cache}/${file}`), sum);
    }
    const list = JSON.parse(await Deno.readTextFile(`${again}.spdx.json`));
    assert.equal(list.spdxVersion, "SPDX-2.3");
    const names: string[] = list.packages.map(({ name }: { name: string }) => name);
    for (const wanted of ["weir", "deno", "ffmpeg", "node-av", "onnxruntime-node", "zod", "preact"]) {
      assert.ok(names.includes(wanted), wanted);
    }
    assert.equal(new Set(list.packages.map(({ SPDXID }: { SPDXID: string }) => SPDXID)).size, names.length);
    const notices = await Deno.readTextFile(`${cache}/THIRD_PARTY_LICENCES`);
    assert.match(notices, /Source offer/);
    assert.match(notices, /GNU GENERAL PUBLIC LICENSE\s+Version 3/);
    const [zod] = await thirdParty([new URL("../../node_modules/zod", import.meta.url).pathname]);
    assert.ok(notices.includes(zod.text!));
  },
);

fileTest("weir licences tells the notice and every package of the file", async (_, single) => {
  const { stdout } = await single.run(["licences"]);
  assert.match(stdout, /Source offer[\s\S]*\n {2}onnxruntime-node \d\S+: MIT\n/);
  assert.match((await single.run(["licences", "--gpl"])).stdout, /GNU GENERAL PUBLIC LICENSE/);
});

fileTest("it takes plugins, knows its own words, and where it lies itself", async (_, single) => {
  const plugin = new URL("../../examples/crowding.ts", import.meta.url).pathname;
  const words = [
    "run",
    "scene:pitch?seconds=1&pace=fast",
    "--model",
    "weir-pitch",
    "--plugin",
    plugin,
    "--analyze",
    "crowding?of=player",
  ];
  const { code, stdout, stderr } = await single.run([...words, "--quiet"]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /"crowding":\{"count":\d+/);
  assert.match((await single.run(["completions", "bash"])).stdout, /run\) words="--model /);
  const unit = await single.run(["service", "install", "--print"]);
  assert.ok(unit.stdout.includes(`\nExecStart=${single.path} serve --no-parent\n`), unit.stdout);
});

fileTest(
  "it works on a bare Debian 12, as a user without a home, on disks that cannot be written to but for one folder",
  async (_, single) => {
    const script = new URL("../support/in_bare_root.sh", import.meta.url).pathname;
    const inside = (command: string) =>
      finished("unshare", ["--mount", "--pid", "--fork", "sh", script, debian!, single.path, command]);
    const bare = await inside("for one in node deno ffmpeg python3 zstd xz; do command -v $one; done; touch /x");
    assert.deepEqual(
      [bare.stdout, /Read-only/.test(bare.stderr)],
      ["", true],
      "the root is not as bare as it should be",
    );
    const { code, stdout, stderr } = await inside(
      "weir scene pitch --seconds 1 --out /var/tmp/p.mp4 && weir doctor && weir run /var/tmp/p.mp4 --model weir-pitch --quiet",
    );
    assert.equal(code, 0, stderr);
    assert.match(stdout, /built-in model +weir-pitch runs on cpu/);
    assert.equal(stdout.match(/^\{"v":1,"type":"result"/gm)?.length, 25);
    assert.doesNotMatch(stderr, /not found/);
  },
  debian !== undefined,
  "to be root, and debootstrap with Debian's archive (or WEIR_BARE_ROOT)",
);
