/** A platform as file names and packages call it. */
export interface Target {
  /** As in `weir-linux-x64`. */
  name: string;
  /** As Node calls the system: linux, darwin, win32. */
  platform: string;
  /** As Node calls the processor: x64, arm64. */
  arch: string;
  /** The package with node-av's library. */
  ffmpegPackage: string;
}

const PLATFORMS: Readonly<Record<string, string>> = { linux: "linux", darwin: "darwin", windows: "win32" };
const ARCHES: Readonly<Record<string, string>> = { x86_64: "x64", aarch64: "arm64" };

/** The platform of a name such as `linux-arm64`. */
export function targetNamed(name: string): Target {
  for (const os of Object.keys(PLATFORMS)) {
    for (const arch of Object.keys(ARCHES)) {
      const target = hostTarget({ os, arch });
      if (target.name === name) return target;
    }
  }
  throw new Error(`Cannot build for ${name}: it is no platform such as linux-arm64`);
}

/** The platform of this machine. */
export function hostTarget(build: { os: string; arch: string } = Deno.build): Target {
  const platform = PLATFORMS[build.os];
  const arch = ARCHES[build.arch];
  if (!platform || !arch) throw new Error(`Cannot build for ${build.os} ${build.arch}: there are no libraries for it`);
  const os = build.os === "darwin" ? "macos" : build.os;
  const suffix = platform === "win32" ? "-msvc" : "";
  return { name: `${os}-${arch}`, platform, arch, ffmpegPackage: `@seydx/node-av-${platform}-${arch}${suffix}` };
}
