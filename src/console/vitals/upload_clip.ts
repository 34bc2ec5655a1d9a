import type { Uploaded } from "../../core/uploads.ts";
import { call } from "../api/client.ts";
import { sendFile, type SendOptions } from "../api/send_file.ts";

/** A clip that the server keeps for now. */
export interface UploadedClip {
  /** What a stream plays it by. */
  path: string;
  /** Its width over its height. */
  aspect: number;
  /** Has the server forget it. */
  remove(): void;
}

/** Sends a clip to the server. */
export async function uploadClip(file: File, options: SendOptions): Promise<UploadedClip> {
  const form = new FormData();
  form.set("file", file, file.name);
  const { name, source: { path }, video: { width, height } } = await sendFile<Uploaded>(
    "/api/v1/uploads",
    form,
    options,
  );
  const remove = () =>
    // What cannot be removed now goes when its time is up.
    void call("DELETE", `/api/v1/uploads/${encodeURIComponent(name)}`, undefined, { keepalive: true }).catch(() => {});
  return { path, aspect: width / height, remove };
}
