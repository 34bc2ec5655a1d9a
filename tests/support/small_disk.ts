import { succeeds } from "./python_env.ts";

/** Whether a disk of one's own can be had: that takes root on Linux. */
export async function canMount(): Promise<boolean> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
  const directory = await Deno.makeTempDir();
  const mounted = await mountSmallDisk(directory, 64);
  if (mounted) await succeeds("umount", directory);
  await Deno.remove(directory);
  return mounted;
}

/** Lays a disk of so many KiB over a folder; answers whether it is there, to be taken away by `umount`. */
export function mountSmallDisk(directory: string, kib: number): Promise<boolean> {
  return succeeds("mount", "-t", "tmpfs", "-o", `size=${kib}k`, "tmpfs", directory);
}
