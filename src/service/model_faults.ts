import { redactUrls } from "../core/redact.ts";
import { ServiceError, type ServiceErrorCode } from "../core/service_error.ts";
import type { IncomingFile } from "../../models/incoming_file.ts";
import { ModelError, type ModelErrorCode } from "../../models/model_error.ts";

const CODES: Partial<Record<ModelErrorCode, ServiceErrorCode>> = {
  not_found: "not_found",
  conflict: "conflict",
  storage: "unavailable",
  download: "unavailable",
};

/** Why a model is refused, as the service says it: with the names that its sender knows. A fault of ours stays what it is. */
export function refusedModel(error: unknown, file?: Pick<IncomingFile, "inWords">): unknown {
  if (error instanceof ServiceError || error instanceof TypeError || error instanceof ReferenceError) return error;
  const said = error instanceof Error ? error.message : String(error);
  const message = redactUrls(file?.inWords(said) ?? said);
  const code = error instanceof ModelError ? CODES[error.code] ?? "invalid" : "invalid";
  const faults = code === "invalid" && file ? [{ path: "file", message }] : [];
  return new ServiceError(code, message, { cause: error, faults });
}
