/** Why a model cannot be used. Stable: callers turn them into exit codes and problem documents. */
export type ModelErrorCode =
  /** No such file, or no built-in model of that name. */
  | "not_found"
  /** The file cannot be read. */
  | "unreadable"
  | "empty"
  | "truncated"
  /** Not an ONNX file at all. */
  | "not_onnx"
  /** ONNX by its looks, but inconsistent. */
  | "damaged"
  /** The bytes are not those that were published. */
  | "checksum"
  /** A fine model that this build cannot run or use. */
  | "unsupported"
  /** No adapter knows what its inputs or outputs mean. */
  | "unrecognised"
  /** The manifest is wrong. */
  | "manifest"
  /** The device or its provider is missing. */
  | "device"
  /** A run was asked for in a way that does not fit the model. */
  | "invalid_input"
  /** What is asked of the registry does not go with what is in it. */
  | "conflict"
  /** The disk does not take it. */
  | "storage"
  /** It could not be fetched. */
  | "download"
  /** A run failed, or answered what cannot be true. */
  | "failed";

/** The failure of a model. The message says what could not be done, to which file, and why. */
export class ModelError extends Error {
  override name = "ModelError";
  constructor(readonly code: ModelErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
  }
  /** Whether trying again can only give the same answer. */
  get hopeless(): boolean {
    return this.code !== "failed";
  }
}
