import assert from "node:assert/strict";
import { join } from "node:path";
import type { CapturedClip } from "../../src/core/captures.ts";
import { Weir } from "../../src/app.ts";
import { CaptureStore } from "../../src/capture/capture_store.ts";
import { parseRegistration } from "../../config/schema.ts";
import { capturedFrame } from "../support/captures.ts";
import { makeClip } from "../support/clips.ts";
import { balanced } from "../support/balanced.ts";
import { inDirectory } from "../support/in_directory.ts";
import { succeeds } from "../support/python_env.ts";
import { skip } from "../support/skip.ts";
import { canMount, mountSmallDisk } from "../support/small_disk.ts";
import { until } from "../support/until.ts";

const name = "a full disk costs pictures and clips, is told, and costs the stream nothing";

Deno.test({
  name,
  ignore: skip(name, await canMount(), "the right to mount a small disk"),
  fn: () =>
    inDirectory(async (directory) => {
      const disk = join(directory, "disk");
      await Deno.mkdir(disk);
      assert.ok(await mountSmallDisk(disk, 256));
      try {
        await using store = await CaptureStore.open({
          directory: join(disk, "captures"),
          keep: { bytes: 1e9, files: 1e6 },
          exclusive: true,
          capacity: 300,
        });
        await using weir = await Weir.start({ streamWorkers: 1 });
        const clips: CapturedClip[] = [];
        weir.captures$.subscribe((capture) => {
          if ("path" in capture) clips.push(capture);
          else store.keepFrame(capture);
        });
        const registration = parseRegistration({
          id: "clip",
          source: { kind: "file", path: makeClip({ frames: 300, width: 640, height: 360, crf: 8 }) },
          pipeline: [{ analyzer: "alert", when: "true", cooldownS: 4, repeat: true, picture: false }],
          capture: { everyNth: 3, perHour: 1e6, clips: { beforeSeconds: 2, afterSeconds: 2 } },
        });
        await weir.add(registration, { keeping: { incoming: store.incoming, underWay: 300 } });
        const status = await weir.done("clip");
        await store.drained();
        balanced(status);
        assert.equal(status.frames.completed, 300);
        const { kept, failed, fault } = store.status();
        assert.ok(kept > 0 && failed > 0, `${kept} kept, ${failed} failed`);
        assert.match(fault!.message, /Cannot keep captures in .*No space left/);
        const usage = async () => (await weir.status("clip")).capture!.clips!;
        await until(async () => (await usage()).failed > 0, "a clip cannot be written");
        assert.match((await usage()).fault!, /Cannot write .*\.mp4/);
        // What could not be written whole is not there at all.
        for (const entry of store.entries) assert.equal((await store.document(entry)).id, entry.id);
        const left = (await Array.fromAsync(Deno.readDir(store.incoming))).map(({ name }) =>
          join(store.incoming, name)
        );
        assert.deepEqual(left.sort(), clips.map(({ path }) => path).sort());
        // As soon as there is room again, it goes on.
        for (const path of left) await Deno.remove(path);
        await Promise.all([...store.entries].slice(0, 3).map(({ id }) => store.remove(id)));
        const before = store.entries.length;
        store.keepFrame(capturedFrame({ sizeBytes: 1000 }));
        await store.drained();
        assert.equal(store.entries.length, before + 1);
        assert.equal(store.status().fault, undefined);
      } finally {
        await succeeds("umount", disk);
      }
    }),
});
