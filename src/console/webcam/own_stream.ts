import { ProblemError } from "../api/problem_error.ts";
import { SenderRefused } from "./sender.ts";

/** The stream that a camera sends into. */
export interface OwnStream {
  id: string;
  /** Empty for none: then the pictures can be looked at, and that is all. */
  model: string;
}

/** Asks the server something: the console's `call`. */
export type Ask = <T>(method: string, path: string, body?: object) => Promise<T>;

interface View {
  registration: {
    source: { kind: string };
    labels: Record<string, string>;
    pipeline: { model?: string }[];
  };
}

/** Streams with it go when their sender has gone for a minute, as those that `?create=` makes. */
const GUEST = { guest: "webcam" };

/**
 * Makes sure that there is a stream to send into: makes it when there is none, and gives one that was made here the
 * model that is wanted now. One that somebody registered for good stays as it is. What the server will not have is a
 * {@link SenderRefused}; anything else may be tried again.
 */
export async function ensureOwnStream({ id, model }: OwnStream, ask: Ask): Promise<void> {
  const path = `/api/v1/streams/${encodeURIComponent(id)}`;
  const pipeline = model === "" ? [] : [{ model }];
  try {
    const view = await ask<View>("GET", path).catch((error) => {
      if (error instanceof ProblemError && error.status === 404) return undefined;
      throw error;
    });
    if (!view) {
      await ask("POST", "/api/v1/streams", { id, source: { kind: "webcam" }, pipeline, labels: GUEST });
      return;
    }
    const { source, labels, pipeline: present } = view.registration;
    if (source.kind !== "webcam") {
      throw new SenderRefused(`${id} takes no pictures: choose another name for this camera`);
    }
    const differs = present.map(({ model }) => model).join() !== pipeline.map(({ model }) => model).join();
    if (labels.guest === GUEST.guest && differs) {
      await ask("PATCH", path, { pipeline });
    }
  } catch (error) {
    throw refusal(error);
  }
}

/** The address that pictures go to, with a ticket for a server that asks who sends. */
export async function ingestAddress(id: string, { ask, token }: { ask: Ask; token: boolean }): Promise<string> {
  const path = `/api/v1/ingest/${encodeURIComponent(id)}`;
  if (!token) return path;
  try {
    const { ticket } = await ask<{ ticket: string }>("POST", "/api/v1/tickets", { role: "operator", path });
    return `${path}?ticket=${encodeURIComponent(ticket)}`;
  } catch (error) {
    throw refusal(error);
  }
}

/** Too slow, too early, too often. What was missing and is taken now: a server that starts brings its streams back. */
const PASSING: readonly number[] = [408, 409, 429];

/** Asking again would not change what the server said, unless that was of the moment. */
function refusal(error: unknown): unknown {
  if (!(error instanceof ProblemError)) return error;
  const { status, message, faults } = error;
  if (status < 400 || status >= 500 || PASSING.includes(status)) return error;
  const [fault] = faults;
  return new SenderRefused(fault ? `${message}: ${fault.message}` : message, { cause: error });
}
