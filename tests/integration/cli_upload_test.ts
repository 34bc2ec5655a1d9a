import assert from "node:assert/strict";
import { join } from "node:path";
import { createPortraitScene } from "../../streams/scenes/portrait_scene.ts";
import { renderScene } from "../../scripts/bench/clips.ts";
import { makeClip } from "../support/clips.ts";
import { weir } from "../support/command_line.ts";
import { inDirectory } from "../support/in_directory.ts";
import { ServedWeir } from "../support/served_weir.ts";

const REGION = 'pulse:{"region":{"x":0.43,"y":0.3,"width":0.14,"height":0.3}}';

Deno.test("a clip that is uploaded to be analysed gives its results, and leaves nothing behind", async () => {
  await inDirectory(async (folder) => {
    const clip = join(folder, "my face.mp4");
    renderScene(clip, createPortraitScene({ seed: 72, width: 320, height: 240, fps: 30, bpm: 72 }), 240);
    await using server = await ServedWeir.start();
    const { code, stdout, stderr } = await weir("upload", clip, "--server", server.url, "--analyze", REGION);
    assert.equal(code, 0, stderr);
    const results = stdout.trimEnd().split("\n").map((line) => JSON.parse(line)).filter(({ type }) =>
      type === "result"
    );
    assert.ok(results.some(({ outputs }) => outputs.pulse?.notice === "not a medical device"), stdout.slice(-500));
    assert.match(results[0].stream, /^my-face-[0-9a-f]{6}$/);
    assert.match(stderr, /Sending my face\.mp4, .* to http:/);
    assert.match(stderr, /240 received, 240 completed/);
    assert.match(stderr, /readings .*have a rate[^]*Not a medical device/);
    assert.deepEqual((await server.json("/api/v1/uploads")).uploads, []);
    assert.deepEqual((await server.json("/api/v1/streams")).streams, []);

    const kept = await weir("upload", clip, "--server", server.url, "--analyze", "motion", "--id", "kept", "--keep");
    assert.equal(kept.code, 0, kept.stderr);
    assert.deepEqual(
      (await server.json("/api/v1/uploads")).uploads.map(({ name, users }: never) => [name, users]),
      [["my-face.mp4", ["kept"]]],
    );
    assert.match(kept.stderr, /The stream kept and the clip my-face\.mp4 are still there/);
  });
});

Deno.test("a clip that is only uploaded stays, and what can be done with it is told", async () => {
  await using server = await ServedWeir.start();
  const clip = makeClip({ frames: 20 });
  const { code, stdout, stderr } = await weir("upload", clip, "--server", `${server.url}/`);
  assert.equal(code, 0, stderr);
  const { uploads: [{ name, source }] } = await server.json("/api/v1/uploads");
  assert.match(stdout, /^clip-\d+\.mp4: .*h264 320×240, 25 fps, 0\.8s\n/);
  assert.ok(stdout.includes(JSON.stringify(source)) && stdout.includes(`DELETE ${server.url}/api/v1/uploads/${name}`));
  const json = await weir("upload", clip, "--server", server.url, "--json", "--quiet");
  assert.equal(json.stderr, "");
  assert.equal(JSON.parse(json.stdout).source.kind, "file");
  assert.equal((await server.json("/api/v1/uploads")).uploads.length, 2);
});

Deno.test("what cannot be uploaded is refused with the reason", async () => {
  await using server = await ServedWeir.start({ env: { WEIR_TOKEN: "operator-token-0123456789" } });
  await inDirectory(async (folder) => {
    const letter = join(folder, "letter.mp4");
    await Deno.writeTextFile(letter, "Dear Weir");
    const say = async (...args: string[]) => {
      const { code, stderr } = await weir("upload", ...args);
      return [code, stderr] as const;
    };
    const at = ["--server", server.url, "--token", "operator-token-0123456789"];
    const refused = async (args: string[], status: number, words: RegExp) => {
      const [code, said] = await say(...args);
      assert.equal(code, status, said);
      assert.match(said, words);
    };
    await refused([letter, ...at], 1, /letter\.mp4 is no video that can be played/);
    await refused([letter, ...at, "--analyze", "puls"], 1, /puls/);
    await refused([letter, ...at, "--model", "nobody"], 1, /nobody/);
    await refused([letter, "--server", server.url, "--token", "another-token-0123456789"], 1, /WEIR_TOKEN says who/);
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    listener.close();
    await refused(
      [letter, "--server", `http://127.0.0.1:${port}`],
      1,
      /Cannot reach .*: nobody listens there; does weir/,
    );
    await refused([letter, "--server", "http://a:secret@127.0.0.1:9"], 2, /takes no user and password/);
    await refused([join(folder, "none.mp4"), ...at], 2, /There is no file/);
    await refused([letter, ...at, "--keep"], 2, /--keep is for a clip that is played/);
    const headers = { authorization: "Bearer operator-token-0123456789" };
    assert.deepEqual((await server.json("/api/v1/uploads", { headers })).uploads, []);
  });
});
