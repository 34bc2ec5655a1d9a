import type { CapturedClip, CapturedFrame } from "../core/captures.ts";

/** What is written beside a picture: the result, whose it is, and what the models were. */
export function frameDocument(id: string, frame: CapturedFrame): Record<string, unknown> {
  const { stream, atMs, reasons, type, width, height, image, models, result, alerts, reservoir } = frame;
  return {
    v: 1,
    id,
    kind: "frame",
    stream,
    at: new Date(atMs).toISOString(),
    reasons,
    media: `${id}.${type}`,
    bytes: image.length,
    width,
    height,
    models,
    ...(alerts && { alerts }),
    ...(reservoir && { reservoir }),
    result,
  };
}

/** What is written beside a clip. */
export function clipDocument(id: string, { path: _path, atMs, ...clip }: CapturedClip): Record<string, unknown> {
  return {
    v: 1,
    id,
    kind: "clip",
    at: new Date(atMs).toISOString(),
    reasons: ["alert"],
    media: `${id}.mp4`,
    ...clip,
  };
}
