// Ends with 0 while the server answers: the health check of a container, which has no other client.
const url = Deno.args[0] ?? `http://127.0.0.1:${Deno.env.get("WEIR_PORT") ?? "8080"}/health`;
try {
  const { ok } = await fetch(url, { signal: AbortSignal.timeout(4000) });
  Deno.exit(ok ? 0 : 1);
} catch {
  Deno.exit(1);
}
