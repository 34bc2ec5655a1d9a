import { z } from "zod";
import { predictCaptureSchema } from "../src/capture/capture_schema.ts";

const MIB = 2 ** 20;

const tokenSchema = z.strictObject({
  name: z.string().min(1).max(63).describe("Who has it; appears in logs"),
  token: z.string().min(16).optional().describe("The token itself, 16 characters at least"),
  file: z.string().min(1).optional().describe("A file that holds the token, read at the start"),
  role: z.enum(["viewer", "operator", "admin"]).default("viewer").describe("What its bearer may do"),
}).refine(({ token, file }) => (token === undefined) !== (file === undefined), "give either token or file");

const jwtSchema = z.strictObject({
  secret: z.string().min(32).optional().describe("HS256: the shared secret, 32 characters at least"),
  jwks: z.string().min(1).optional().describe("RS256, ES256, EdDSA: a JWKS file or https URL"),
  issuer: z.string().optional().describe("The issuer that tokens must name"),
  audience: z.string().optional().describe("The audience that tokens must name"),
  roleClaim: z.string().default("role").describe("The claim that holds viewer, operator or admin"),
}).refine(({ secret, jwks }) => (secret === undefined) !== (jwks === undefined), "give either secret or jwks");

const networkSchema = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], {
  error: "give an IP address or a network such as 10.0.0.0/8",
});

/** How the server listens, whom it lets in, and how much it takes. Every key has a default. */
export const serverSchema = z.strictObject({
  host: z.string().default("127.0.0.1").describe("Address to listen on; beyond loopback a token is asked for"),
  port: z.int().min(0).max(65535).default(8080).describe("Port; 0 takes a free one"),
  names: z.array(z.string()).default([]).describe("Host names that this server goes by, besides its addresses"),
  origins: z.array(z.string()).default([]).describe("Origins of other pages that may call it from a browser"),
  proxies: z.array(networkSchema).default([])
    .describe("Addresses or networks of proxies in front of it: their X-Forwarded-For tells whom a request comes from"),
  tls: z.strictObject({
    cert: z.string().min(1).describe("PEM file of the certificate chain"),
    key: z.string().min(1).describe("PEM file of the key"),
  }).optional().describe("Serves HTTPS"),
  drainMs: z.int().min(0).max(600_000).default(10_000).describe(
    "How long streams may take to finish what they have under way at a stop, milliseconds",
  ),
});

/** Who may do what. */
export const authSchema = z.strictObject({
  tokens: z.array(tokenSchema).default([]).describe("Tokens and their roles"),
  jwt: jwtSchema.optional().describe("Signed tokens of somebody else's making"),
});

/** Bounds of what the server takes from outside. */
export const limitsSchema = z.strictObject({
  bodyBytes: z.int().min(1024).default(1 * MIB).describe("Largest JSON body"),
  imageBytes: z.int().min(1024).default(16 * MIB).describe("Largest image"),
  modelBytes: z.int().min(1024).default(1024 * MIB).describe("Largest model that may be added"),
  pixels: z.int().min(1024).default(40_000_000).describe("Most pixels of an image, judged before it is decoded"),
  frameBytes: z.int().min(1024).default(4 * MIB).describe("Largest webcam frame"),
  predictions: z.int().min(1).max(4096).default(64).describe("Most images of /predict that may be under way at once"),
  predictMs: z.int().min(100).max(600_000).default(10_000).describe("How long an image of /predict may take"),
  streams: z.int().min(1).default(256).describe("Most registered streams"),
  listeners: z.int().min(1).default(4096).describe("Most open event streams and WebSockets"),
  readsPerMinute: z.int().min(1).default(6000).describe("Requests that read, of one caller"),
  writesPerMinute: z.int().min(1).default(600).describe("Requests that change something, of one caller"),
  headMs: z.int().min(100).max(600_000).default(10_000).describe("How long the head of a request may take"),
  bodyMs: z.int().min(100).max(600_000).default(30_000).describe(
    "How long a JSON body may take, and an upload may be slower than 1 KiB a second",
  ),
  idleMs: z.int().min(100).max(3_600_000).default(75_000).describe("How long a connection is kept for a next request"),
  stuckMs: z.int().min(1000).max(3_600_000).default(120_000).describe(
    "How long a client may take nothing of its answer",
  ),
  pingMs: z.int().min(100).max(3_600_000).default(30_000).describe(
    "A WebSocket that is silent for so long is asked whether it is there, and closed after as long again",
  ),
  connections: z.int().min(1).default(8192).describe("Most connections"),
  connectionsPerAddress: z.int().min(1).default(6144).describe("Most connections of one address"),
});

/** Where frames may come from. */
export const sourceRulesSchema = z.strictObject({
  mediaRoot: z.string().min(1).optional().describe(
    "Directory below which files may be played; without it only clips that were sent to the server may",
  ),
  schemes: z.array(z.string()).default(["rtsp", "rtsps", "http", "https", "rtmp", "rtmps", "srt"]).describe(
    "Schemes of addresses",
  ),
  allow: z.array(z.string()).default([]).describe(
    "Hosts, wildcards (*.example.org) or networks that are let in always",
  ),
  deny: z.array(z.string()).default([]).describe("Hosts, wildcards or networks that never are"),
  privateNetworks: z.boolean().default(true).describe("Cameras of private networks are let in"),
  cameras: z.boolean().default(true).describe("This machine's own cameras are let in"),
});

/** How models run. */
export const inferenceSchema = z.strictObject({
  device: z.enum(["auto", "cpu", "cuda", "tensorrt", "webgpu", "coreml", "dml"]).default("auto"),
  replicas: z.int().min(1).max(64).optional().describe("Copies of each model; default by the number of cores"),
  threads: z.int().min(1).max(256).optional().describe("Threads of each copy; default by the number of cores"),
  maxBatch: z.int().min(1).max(256).default(1).describe("Largest batch"),
  maxDelayMs: z.number().min(0).max(1000).default(0).describe("How long a frame may wait for company in a batch"),
  defaultModel: z.string().min(1).optional().describe("The model of /predict when none is named"),
});

/** Where public models are fetched from by name. */
export const zooSchema = z.strictObject({
  mirror: z.url({ protocol: /^https?$/ }).optional().describe(
    "Address below which the files of the zoo lie, under their own names; they are fetched from there",
  ),
  list: z.string().min(1).optional().describe("A file in the form of models/zoo.json, in the place of the zoo"),
});

/** The event log that subscribers resume from. */
export const eventsSchema = z.strictObject({
  keepEvents: z.int().min(100).default(20_000).describe("Most events kept"),
  keepBytes: z.int().min(MIB).default(64 * MIB).describe("Most memory kept"),
  queue: z.int().min(16).default(1024).describe("Events that may wait for one subscriber"),
});

/** What is kept of streams and images besides what their registrations say. */
export const captureSectionSchema = z.strictObject({
  accessKeyId: z.string().min(1).max(256).optional().describe(
    "Who asks the S3-compatible stores that get copies; without it AWS_ACCESS_KEY_ID and its like count",
  ),
  secretAccessKey: z.string().min(1).max(1024).optional().describe("The secret to that"),
  sessionToken: z.string().min(1).max(8192).optional().describe("The token of a session, where keys are lent"),
  predict: predictCaptureSchema.optional().describe("Which images of /predict are kept, as they were sent"),
}).refine(
  ({ accessKeyId, secretAccessKey }) => (accessKeyId === undefined) === (secretAccessKey === undefined),
  "give both accessKeyId and secretAccessKey, or neither",
);

/** What the server says of itself. */
export const telemetrySchema = z.strictObject({
  level: z.enum(["debug", "info", "warn", "error"]).default("info").describe("Least important lines that are logged"),
  format: z.enum(["auto", "json", "text"]).default("auto").describe("auto is text on a terminal, else JSON"),
  reportSeconds: z.number().min(0).default(30).describe("A performance line of each stream so often; 0 is never"),
  traceRate: z.number().min(0).max(1).optional().describe(
    "Share of the results that are traced over OpenTelemetry; default 0.01 where it is switched on (OTEL_DENO=true)",
  ),
});
