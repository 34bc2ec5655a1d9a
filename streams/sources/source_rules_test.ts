import assert from "node:assert/strict";
import { join, relative } from "node:path";
import process from "node:process";
import { sourceRulesSchema } from "../../config/server_schema.ts";
import { ServiceError } from "../../src/core/service_error.ts";
import { sources } from "./registry.ts";
import { SourceRules } from "./source_rules.ts";

const rulesWith = (options: Record<string, unknown> = {}) => new SourceRules(sourceRulesSchema.parse(options));
const strict = { privateNetworks: false };

/** Why a source is refused; undefined when it is let in. */
async function why(rules: SourceRules, source: { kind: string; [option: string]: unknown }) {
  try {
    await rules.check(source);
  } catch (error) {
    assert.ok(error instanceof ServiceError, String(error));
    assert.match(error.message, /^Cannot (?:use|play) /);
    return `${error.code}: ${error.message}`;
  }
}

const whyUrl = (rules: SourceRules, url: string, more = {}) =>
  why(rules, { kind: /^rtsps?:/.test(url) ? "rtsp" : "url", url, ...more });

Deno.test("a scheme that is not listed is refused, and the message says how to list it", async () => {
  const rules = rulesWith();
  for (const url of ["udp://10.0.0.1:5000", "tcp://10.0.0.1:80", "file:///etc/passwd", "concat:a|b", "gopher://a/"]) {
    assert.match(await whyUrl(rules, url) ?? url, /^forbidden: .*is not allowed; add it to sources\.schemes/);
  }
  for (const url of ["rtsp://10.0.0.1/1", "RTSP://10.0.0.1/1", "https://93.184.215.14/a.m3u8", "srt://10.0.0.1:9000"]) {
    assert.equal(await whyUrl(rules, url), undefined, url);
  }
  assert.equal(await whyUrl(rulesWith({ schemes: ["udp"] }), "udp://10.0.0.1:5000"), undefined);
});

Deno.test("metadata services and link-local addresses are refused in every spelling, unless they are allowed", async () => {
  const hosts = [
    ...["169.254.169.254", "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::1]", "[fe80::1]"],
    ...["[fd00:ec2::254]", "100.100.100.200", "168.63.129.16"],
  ];
  for (const host of hosts) {
    for (const scheme of ["http", "rtsp"]) {
      assert.match(await whyUrl(rulesWith(), `${scheme}://${host}/`) ?? host, /link-local.*sources\.allow/);
    }
  }
  for (const host of ["2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.16689662"]) {
    assert.match(await whyUrl(rulesWith(), `http://${host}/`) ?? host, /link-local/);
    assert.match(await whyUrl(rulesWith(), `rtsp://${host}/`) ?? host, /hides which host/);
  }
  const allowed = rulesWith({ allow: ["169.254.7.0/24"] });
  assert.equal(await whyUrl(allowed, "rtsp://169.254.7.9/1"), undefined);
  assert.match((await whyUrl(allowed, "rtsp://169.254.169.254/1"))!, /link-local/);
});

Deno.test("private networks and this machine are let in, or not, as the rules say", async () => {
  const hosts = ["10.1.2.3", "192.168.1.9", "172.16.0.1", "127.0.0.1", "[::1]", "[fd12::1]", "0.0.0.0", "localhost"];
  for (const host of [...hosts, "[::ffff:10.0.0.1]", "[64:ff9b::a00:1]"]) {
    assert.equal(await whyUrl(rulesWith(), `rtsp://${host}/1`), undefined, host);
    assert.match(await whyUrl(rulesWith(strict), `rtsp://${host}/1`) ?? host, /sources\.privateNetworks/);
  }
  for (const host of ["224.0.0.1", "255.255.255.255", "[ff02::1]", "198.18.0.1"]) {
    assert.match(await whyUrl(rulesWith(strict), `rtsp://${host}/1`) ?? host, /not a public address/);
  }
  for (const url of ["srt://0.0.0.0:9000?mode=listener", "srt://?mode=listener"]) {
    assert.match(await whyUrl(rulesWith(strict), url) ?? url, /0\.0\.0\.0 is a loopback address/);
  }
  assert.equal(await whyUrl(rulesWith(strict), "rtsp://93.184.215.14/1"), undefined);
});

Deno.test("what a name stands for counts, not only the name", async () => {
  assert.match((await whyUrl(rulesWith(strict), "rtsp://LocalHost./1"))!, /localhost is .*, and .*loopback/);
  assert.match((await whyUrl(rulesWith({ deny: ["127.0.0.0/8", "::1"] }), "http://localhost/"))!, /in sources\.deny/);
  assert.equal(await whyUrl(rulesWith({ ...strict, allow: ["127.0.0.0/8", "::1"] }), "rtsp://localhost/1"), undefined);
});

Deno.test("allowed hosts are let in by name, wildcard and network; denied ones never are", async () => {
  const rules = rulesWith({
    ...strict,
    allow: ["10.1.0.0/16", "fd00:1::/32", "localhost", "*.localhost"],
    deny: ["10.1.9.0/24", "secret.localhost", "*.banned.example"],
  });
  for (const host of ["10.1.2.3", "[fd00:1::9]", "[::ffff:10.1.2.3]", "localhost", "LOCALHOST"]) {
    assert.equal(await whyUrl(rules, `rtsp://${host}/1`), undefined, host);
  }
  for (const host of ["10.1.9.3", "[::ffff:10.1.9.3]", "secret.localhost", "a.banned.example", "a.b.BANNED.example."]) {
    assert.match(await whyUrl(rules, `rtsp://${host}/1`) ?? host, /is in sources\.deny/);
  }
  for (const host of ["10.2.0.1", "[fd00:2::9]"]) {
    assert.match(await whyUrl(rules, `rtsp://${host}/1`) ?? host, /sources\.privateNetworks/);
  }
});

Deno.test("a wildcard is for what is below a name, not for the name or what ends like it", async () => {
  const rules = rulesWith({ deny: ["*.example.invalid"] });
  assert.match((await whyUrl(rules, "rtsp://a.example.invalid/1"))!, /is in sources\.deny/);
  for (const host of ["example.invalid", "badexample.invalid"]) {
    assert.equal(await whyUrl(rules, `rtsp://${host}/1`), undefined, host);
  }
});

Deno.test("a host that nobody knows yet is let in only where its address would not matter", async () => {
  const url = "rtsp://no-such-camera.invalid/1";
  assert.equal(await whyUrl(rulesWith(), url), undefined);
  assert.match((await whyUrl(rulesWith(strict), url))!, /^unavailable: .*cannot be looked up/);
  assert.match((await whyUrl(rulesWith({ deny: ["8.8.8.8"] }), url))!, /^unavailable: /);
  assert.equal(await whyUrl(rulesWith({ ...strict, allow: ["no-such-camera.invalid"] }), url), undefined);
});

Deno.test("addresses that parsers may read differently are refused", async () => {
  const urls = [
    "rtsp://a.example\\@10.0.0.1/",
    "rtsp://10.0.0.1/a b",
    "rtsp://10.0.0.1/\n",
    "\trtsp://10.0.0.1/",
    "rtsp:",
  ];
  for (
    const url of [
      ...urls,
      "rtsp://%31%30.0.0.1/",
      "rtsp://127.1/",
      "rtsp://0x7f.0.0.1/",
      "rtsp://exa%2fmple/",
      "rtsp:",
      "srt:/10.0.0.1",
    ]
  ) {
    assert.match(await whyUrl(rulesWith(), url) ?? url, /^forbidden: .*(?:no plain address|hides which host)/);
  }
});

Deno.test("a source cannot let itself reach link-local addresses", async () => {
  const more = { allowLinkLocal: true };
  assert.match((await whyUrl(rulesWith(), "http://93.184.215.14/a.m3u8", more))!, /allowLinkLocal is for hosts of/);
  assert.match((await whyUrl(rulesWith(), "http://no-such-host.invalid/", more))!, /allowLinkLocal is for hosts of/);
  assert.equal(await whyUrl(rulesWith({ allow: ["93.184.215.14"] }), "http://93.184.215.14/a.m3u8", more), undefined);
});

Deno.test("credentials of a refused address are not told", async () => {
  for (const url of ["rtsp://ann:pw7@169.254.169.254/", "ftp://ann:pw7@host/", "rtsp://ann:pw7@10.0.0.1/a b"]) {
    const message = await whyUrl(rulesWith(), url);
    assert.ok(message && !message.includes("pw7"), message ?? "no complaint");
  }
});

/** A media root with a film, next to a file that must not be played. */
async function withMedia(use: (at: { base: string; root: string }) => Promise<void>): Promise<void> {
  const base = await Deno.realPath(await Deno.makeTempDir({ prefix: "weir-media-" }));
  try {
    const root = join(base, "media");
    await Deno.mkdir(join(root, "sub"), { recursive: true });
    await Deno.mkdir(join(base, "media-other"));
    for (
      const path of ["media/film.mp4", "media/sub/film.mp4", "media/..film.mp4", "secret.mp4", "media-other/film.mp4"]
    ) {
      await Deno.writeTextFile(join(base, path), "x");
    }
    await use({ base, root });
  } finally {
    await Deno.remove(base, { recursive: true });
  }
}

const whyFile = (rules: SourceRules, path: string) => why(rules, { kind: "file", path });

Deno.test("without a media root no file is played", async () => {
  await withMedia(async ({ root }) => {
    assert.match((await whyFile(rulesWith(), join(root, "film.mp4")))!, /^forbidden: .*set sources\.mediaRoot/);
    const gone = rulesWith({ mediaRoot: join(root, "gone") });
    assert.match((await whyFile(gone, join(root, "film.mp4")))!, /^forbidden: .*cannot be read/);
  });
});

Deno.test("files below the media root are played, whatever the way there; files elsewhere are not", async () => {
  await withMedia(async ({ base, root }) => {
    const rules = rulesWith({ mediaRoot: root });
    const inside = ["film.mp4", "sub/film.mp4", "sub/../film.mp4", "./film.mp4", "..film.mp4", "../media/film.mp4"];
    for (const path of inside) {
      assert.equal(await whyFile(rules, `${root}/${path}`), undefined, path);
      assert.equal(await whyFile(rules, relative(process.cwd(), `${root}/${path}`)), undefined, path);
    }
    const outside = [
      ...[
        "../secret.mp4",
        "sub/../../secret.mp4",
        "../media-other/film.mp4",
        "../no/such/file",
        "../../../../etc/passwd",
      ],
      ...["..", "../.", "../secret.mp4/", "../gone.mp4"],
    ];
    for (const path of outside) {
      assert.match(await whyFile(rules, `${root}/${path}`) ?? path, /^forbidden: .*not below the media root/);
    }
    for (const path of ["/etc/passwd", `${base}/secret.mp4`, "../secret.mp4", "../../etc/passwd", "/"]) {
      assert.match(await whyFile(rules, path) ?? path, /^forbidden: .*not below the media root/);
    }
    assert.match((await whyFile(rules, `${root}/film.mp4\0.txt`))!, /^forbidden: .*NUL/);
  });
});

Deno.test("a path that is not whole is counted from the media root", async () => {
  await withMedia(async ({ root }) => {
    const rules = rulesWith({ mediaRoot: root });
    for (const path of ["film.mp4", "sub/film.mp4", "./sub/../film.mp4"]) {
      assert.equal(await rules.file(path), await Deno.realPath(join(root, path)));
    }
    // This is where the tests run: what lies there is neither played nor told of.
    for (const path of ["deno.json", "gone.mp4", `file://${root}/film.mp4`]) {
      assert.match(await whyFile(rules, path) ?? path, /^not_found: .*no such file/);
    }
  });
});

Deno.test("links lead where they lead", async () => {
  await withMedia(async ({ base, root }) => {
    await Deno.symlink(join(base, "secret.mp4"), join(root, "link.mp4"));
    await Deno.symlink(base, join(root, "up"));
    await Deno.symlink(join(root, "sub", "film.mp4"), join(root, "good.mp4"));
    await Deno.symlink(join(base, "media-other"), join(root, "sub", "other"));
    await Deno.symlink(root, join(base, "library"));
    for (const mediaRoot of [root, join(base, "library")]) {
      const rules = rulesWith({ mediaRoot });
      for (
        const path of ["link.mp4", "up/secret.mp4", "up/gone.mp4", "sub/other/film.mp4", "sub/other/../secret.mp4"]
      ) {
        assert.match(await whyFile(rules, `${root}/${path}`) ?? path, /^forbidden: .*not below the media root/);
      }
      for (const path of [`${root}/good.mp4`, `${root}/up/media/film.mp4`, `${base}/library/film.mp4`]) {
        assert.equal(await whyFile(rules, path), undefined, path);
      }
    }
  });
});

Deno.test("a file that is not there is told of below the root only", async () => {
  await withMedia(async ({ root }) => {
    const rules = rulesWith({ mediaRoot: root });
    for (
      const path of ["gone.mp4", "no/such/film.mp4", "film.mp4/x", ...(Deno.build.os === "linux" ? ["FILM.mp4"] : [])]
    ) {
      assert.match(await whyFile(rules, `${root}/${path}`) ?? path, /^not_found: .*no such file/);
    }
  });
});

Deno.test("cameras of this machine are let in, or not; other files are no cameras", async () => {
  for (const device of ["0", "Logitech", "/dev/video2", "/dev/v4l/by-id/usb-046d_C920-video-index0"]) {
    assert.equal(await why(rulesWith(), { kind: "camera", device }), undefined, device);
    assert.match((await why(rulesWith({ cameras: false }), { kind: "camera", device }))!, /sources\.cameras/);
  }
  for (const device of ["/etc/passwd", "/dev/../etc/passwd", "/dev/video0/../mem", "../x", "/dev/mem"]) {
    assert.match(await why(rulesWith(), { kind: "camera", device }) ?? device, /^forbidden: .*are cameras/);
  }
  const pictures = { kind: "camera", device: "testsrc", format: "lavfi" };
  assert.equal(await why(rulesWith({ cameras: false }), pictures), undefined);
});

Deno.test("every kind of source there is has a rule, and one that has none is refused", async () => {
  const samples: Record<string, Record<string, unknown>> = {
    camera: {},
    rtsp: { url: "rtsp://10.0.0.1/1" },
    url: { url: "http://10.0.0.1/1" },
    scene: { scene: "pitch" },
    webcam: {},
  };
  for (const { kind } of sources.filter(({ kind }) => kind !== "file")) {
    assert.equal(await why(rulesWith(), { ...samples[kind], kind }), undefined, kind);
  }
  for (const source of [{ kind: "pipe" }, { kind: "file" }, { kind: "url", path: "/x" }, { kind: "file", url: "x" }]) {
    assert.match((await why(rulesWith(), source))!, /^forbidden: .*no rule/);
  }
});

Deno.test("lists that hold what is neither a host nor a network are refused at the start", () => {
  for (
    const entry of ["", "*", "a b", "10.0.0.0/33", "http://a.example", "*.*.example", "a.*", "fd00::/129", "127.1"]
  ) {
    assert.throws(() => rulesWith({ deny: [entry] }), /Cannot take .* into sources\.deny/, entry);
  }
});

Deno.test("a host that somebody sends to is judged by the same rules, and its checked address is what is used", async () => {
  const rules = (over: Record<string, unknown> = {}) =>
    new SourceRules({ schemes: [], allow: [], deny: [], privateNetworks: true, cameras: false, ...over });
  assert.equal(await rules().address("10.0.0.1"), "10.0.0.1");
  assert.equal(await rules().address("[::1]"), "::1");
  await assert.rejects(rules().address("169.254.169.254"), { code: "forbidden" });
  await assert.rejects(rules({ privateNetworks: false }).address("10.0.0.1"), { code: "forbidden" });
  assert.equal(await rules({ privateNetworks: false, allow: ["10.0.0.0/8"] }).address("10.0.0.1"), "10.0.0.1");
  await assert.rejects(rules({ deny: ["10.0.0.1"] }).address("10.0.0.1"), { code: "forbidden" });
  await assert.rejects(rules().address("no-such-host.invalid"), { code: "unavailable" });
});
