import assert from "node:assert/strict";
import { inDirectory } from "../../tests/support/in_directory.ts";
import { treeUsage } from "./process_tree.ts";

Deno.test("a process counts with all that descend from it, whatever they are called", async () => {
  await inDirectory(async (proc) => {
    const put = async (pid: number, parent: number, name: string, ticks: [number, number, number, number]) => {
      await Deno.mkdir(`${proc}/${pid}`);
      await Deno.writeTextFile(
        `${proc}/${pid}/stat`,
        `${pid} (${name}) S ${parent} 1 1 0 -1 0 5 6 7 8 ${ticks.join(" ")} 20 0 1 0\n`,
      );
      await Deno.writeTextFile(`${proc}/${pid}/smaps_rollup`, "Rss: 9999 kB\nPss:  2048 kB\n");
    };
    await put(10, 1, "chromium", [100, 50, 25, 25]);
    await put(30, 20, "odd) S 1 (name", [10, 0, 0, 0]);
    await put(20, 10, "zygote", [0, 0, 0, 0]);
    await put(11, 1, "other", [900, 0, 0, 0]);
    await Deno.mkdir(`${proc}/12`);
    assert.deepEqual(treeUsage(10, proc), { processes: 3, cpuSeconds: 2.1, memoryMb: 6 });
  });
});
