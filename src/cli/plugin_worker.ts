import { readPlugin } from "../analyzers/plugin.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent<string>) => void;
  postMessage(value: unknown): void;
};

/** Reads the one plugin that it is asked about, and tells what that says of itself. */
scope.onmessage = async ({ data: file }) => {
  try {
    const { kind, describe, options } = await readPlugin(file);
    scope.postMessage({ kind, describe, ...(options && { options }) });
  } catch (error) {
    scope.postMessage({ fault: (error as Error).message });
  }
};
