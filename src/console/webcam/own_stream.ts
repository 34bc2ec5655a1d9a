import { ProblemError } from "../api/problem_error.ts";
import { SenderRefused } from "./sender.ts";

/** The stream that a camera sends into. */
export interface OwnStream {
  id: string;
  /** What is done with its pictures; empty for nothing: then they can be looked at, and that is all. */
  pipeline: readonly PipelineInput[];
}

/** A step as the API takes it; what is not said is the server's default. */
export type PipelineInput = Readonly<Record<string, unknown>>;

/** Asks the server something: the console's `call`. */
export type Ask = <T>(
  method: string,
  path: string,
  body?: object,
  options?: { keepalive?: boolean },
) => Promise<T>;

interface View {
  registration: {
    source: { kind: string };
    labels: Record<string, string>;
    pipeline: PipelineInput[];
  };
}

/** Streams with it go when their sender has gone for a minute, as those that `?create=` makes. */
const GUEST = { guest: "webcam" };

/**
 * Makes sure that there is a stream to send into: makes it when there is none, and gives one that was made here the
 * pipeline that is wanted now. One that somebody registered for good stays as it is. What the server will not have is a
 * {@link SenderRefused}; anything else may be tried again.
 */
export async function ensureOwnStream({ id, pipeline }: OwnStream, ask: Ask): Promise<void> {
  const path = `/api/v1/streams/${encodeURIComponent(id)}`;
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
    if (labels.guest === GUEST.guest && !isAlready(present, pipeline)) await ask("PATCH", path, { pipeline });
  } catch (error) {
    throw refusal(error);
  }
}

/** Whether all that is wanted of a pipeline is so; what the server added of its own does not matter. */
function isAlready(present: readonly PipelineInput[], wanted: readonly PipelineInput[]): boolean {
  return present.length === wanted.length &&
    wanted.every((step, index) =>
      Object.entries(step).every(([key, value]) => JSON.stringify(present[index][key]) === JSON.stringify(value))
    );
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
