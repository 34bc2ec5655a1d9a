/** Why a camera could not be opened, in words that help. */
export function cameraFault(error: unknown): string {
  const { name, message } = error instanceof Error ? error : { name: "", message: String(error) };
  switch (name) {
    case "NotAllowedError":
      return "The camera was not allowed. Allow it for this page in the browser's settings, then start again.";
    case "SecurityError":
      return "Browsers give cameras to pages over HTTPS and on this very machine only. " +
        "Set server.tls in Weir's configuration, or open this page at http://localhost.";
    case "NotFoundError":
    case "OverconstrainedError":
      return "There is no such camera. Connect one, or choose another.";
    case "NotReadableError":
    case "AbortError":
      return "The camera does not answer. Another program may be using it; close that and start again.";
    default:
      return `The camera cannot be opened: ${message}`;
  }
}
