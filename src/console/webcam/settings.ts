import { remember, remembered } from "../state/theme.ts";

/** How this device's camera is sent. */
export interface WebcamSettings {
  deviceId: string;
  facing: "user" | "environment";
  width: number;
  fps: number;
  /** Of the JPEGs that are sent, out of 100. */
  quality: number;
  /** Undefined until one is chosen; empty for none. */
  model?: string;
  /** The stream that it sends into. */
  name: string;
  /** Shown as in a mirror; undefined for what suits the camera. */
  mirror?: boolean;
}

/** Widths of the pictures that are sent, pixels. */
export const WIDTHS = [320, 480, 640, 960, 1280] as const;
/** Most pictures a second. */
export const RATES = [2, 5, 10, 15, 30] as const;
/** Qualities of the JPEGs that are sent. */
export const QUALITIES = [50, 65, 80, 92] as const;

const KEY = "weir.webcam";

/** The settings of last time, or such as suit most. */
export function loadSettings(): WebcamSettings {
  const fresh: WebcamSettings = {
    deviceId: "",
    facing: "user",
    width: 640,
    fps: 15,
    quality: 80,
    name: `webcam-${Math.random().toString(36).slice(2, 6)}`,
  };
  try {
    return { ...fresh, ...settingsIn(JSON.parse(remembered(KEY) ?? "{}")) };
  } catch {
    return fresh;
  }
}

/** Remembers settings for next time. */
export function saveSettings(settings: WebcamSettings): void {
  remember(KEY, JSON.stringify(settings));
}

/** What of a remembered thing is a setting still: an older page may have written it. */
export function settingsIn(value: unknown): Partial<WebcamSettings> {
  const { deviceId, facing, width, fps, quality, model, name, mirror } = (value ?? {}) as Record<string, unknown>;
  return {
    ...(typeof deviceId === "string" && { deviceId }),
    ...((facing === "user" || facing === "environment") && { facing }),
    ...(typeof width === "number" && WIDTHS.some((known) => known === width) &&
      { width }),
    ...(typeof fps === "number" && RATES.some((known) => known === fps) &&
      { fps }),
    ...(typeof quality === "number" && QUALITIES.some((known) => known === quality) && { quality }),
    ...(typeof model === "string" && { model }),
    ...(typeof name === "string" && name !== "" && { name }),
    ...(typeof mirror === "boolean" && { mirror }),
  };
}
