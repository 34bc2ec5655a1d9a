import { Device } from "node-av/lib";
import { quietNatives } from "./log.ts";

/** A camera that this machine has. */
export interface CameraDevice {
  /** What the system calls it: a path or a name. */
  device: string;
  /** What people call it. */
  name: string;
}

/** The cameras of this machine; none where the system does not tell. */
export async function listCameras(): Promise<CameraDevice[]> {
  quietNatives();
  try {
    const devices = await Device.list();
    return devices.filter(({ type }) => type === "video")
      .map(({ name, description }) => ({ device: name, name: description || name }));
  } catch {
    return [];
  }
}
