import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { CaptureStore } from "../../src/capture/capture_store.ts";
import { S3Client } from "../../src/capture/s3_client.ts";
import { s3Path, s3Query, signS3 } from "../../src/capture/s3_signature.ts";
import { Uploader, type UploaderOptions } from "../../src/capture/uploader.ts";
import type { UploadRules } from "../../src/core/captures.ts";
import { SendError } from "../../src/sinks/send_error.ts";
import { capturedFrame } from "../support/captures.ts";
import { freeTcpPort } from "../support/gate.ts";
import { GuestProcess } from "../support/guest_process.ts";
import { GuestServer } from "../support/guest_server.ts";
import { inDirectory } from "../support/in_directory.ts";
import { guestPython } from "../support/python_env.ts";
import { skip } from "../support/skip.ts";
import { untilWithin } from "../support/until.ts";

const until = untilWithin(120_000);
const python = await guestPython("capture_requirements.txt");
const keys = { accessKeyId: "weir", secretAccessKey: "a secret of nobody's" };
const KEEP = { bytes: 1e9, files: 1e6 };
const never = new AbortController().signal;

/** moto's S3 in a process of its own, with one bucket. */
class Bucket implements AsyncDisposable {
  private constructor(private readonly process: GuestProcess, readonly endpoint: string) {}

  static async start(): Promise<Bucket> {
    const script = fileURLToPath(new URL("../support/guests/s3_server.py", import.meta.url));
    const process = new GuestProcess(python!, [script]);
    await until(() => process.lines.length > 0, "the S3 server listens");
    const bucket = new Bucket(process, `http://127.0.0.1:${process.lines[0].port}`);
    await (await bucket.ask("PUT", "")).body?.cancel();
    return bucket;
  }

  get rules(): UploadRules {
    return {
      endpoint: this.endpoint,
      bucket: "frames",
      region: "us-east-1",
      prefix: "site/",
      pathStyle: true,
      move: false,
    };
  }

  /** Keys of all that is in it. */
  async keys(): Promise<string[]> {
    const text = await (await this.ask("GET", "", { "list-type": "2" })).text();
    return [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key).sort();
  }

  async bytes(key: string): Promise<Uint8Array> {
    const response = await this.ask("GET", key);
    assert.equal(response.status, 200);
    return await response.bytes();
  }

  async ask(method: string, key: string, query: Record<string, string> = {}): Promise<Response> {
    const path = key === "" ? s3Path("frames") : s3Path("frames", key);
    const host = new URL(this.endpoint).host;
    const { host: _host, ...headers } = signS3({ method, host, path, query }, {
      keys,
      region: "us-east-1",
      atMs: Date.now(),
    });
    return await fetch(`${this.endpoint}${path}?${s3Query(query)}`, { method, headers });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
  }
}

function s3Test(name: string, run: (bucket: Bucket, directory: string) => Promise<void>): void {
  const ignore = skip(name, python !== undefined, "python3 with venv, and PyPI");
  Deno.test({
    name,
    ignore,
    fn: () =>
      inDirectory(async (directory) => {
        await using bucket = await Bucket.start();
        await run(bucket, directory);
      }),
  });
}

/** A store with its uploader. */
async function rig(directory: string, over: Partial<UploaderOptions> & Pick<UploaderOptions, "rules">) {
  const uploaders: Uploader[] = [];
  const store = await CaptureStore.open({
    directory,
    keep: KEEP,
    exclusive: true,
    onKept: (entry) => uploaders[0]?.push(entry),
  });
  const retry = { initialMs: 10, maxMs: 50 };
  const uploader = new Uploader({ stream: "gate", keys, store, directory, retry, ...over });
  uploaders.push(uploader);
  return {
    store,
    uploader,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await uploader[Symbol.asyncDispose]();
    },
  };
}

s3Test("what is kept is copied to the bucket, by stream and day, byte for byte", async (bucket, directory) => {
  await using r = await rig(directory, { rules: bucket.rules });
  const frame = capturedFrame({ sizeBytes: 5000 });
  r.store.keepFrame(frame);
  await until(() => r.uploader.status().sent === 1, () => JSON.stringify(r.uploader.status()));
  const [entry] = r.store.entries;
  const key = `site/gate/2026/01/31/${entry.id}`;
  assert.deepEqual(await bucket.keys(), [`${key}.jpg`, `${key}.json`]);
  assert.deepEqual(await bucket.bytes(`${key}.jpg`), frame.image);
  const document = JSON.parse(new TextDecoder().decode(await bucket.bytes(`${key}.json`)));
  assert.deepEqual(document, await r.store.document(entry));
});

s3Test("what is large goes in parts and is whole again, and no parts stay behind", async (bucket, directory) => {
  const bytes = new Uint8Array(12 * 2 ** 20 + 17).map((_, n) => n * 31 + (n >> 8));
  const path = `${directory}/large.mp4`;
  await Deno.writeFile(path, bytes);
  using client = new S3Client({ rules: bucket.rules, keys, partBytes: 5 * 2 ** 20 });
  await client.put("clips/large file (1).mp4", path, "video/mp4", never);
  assert.deepEqual(await bucket.keys(), ["clips/large file (1).mp4"]);
  const copy = await bucket.bytes("clips/large file (1).mp4");
  assert.equal(copy.length, bytes.length);
  assert.ok(copy.every((byte, n) => byte === bytes[n]));
  const uploads = await (await bucket.ask("GET", "", { uploads: "" })).text();
  assert.ok(!uploads.includes("<UploadId>"), uploads);
});

s3Test("what is moved is gone here once it is there", async (bucket, directory) => {
  await using r = await rig(directory, { rules: { ...bucket.rules, move: true } });
  r.store.keepFrame(capturedFrame());
  await until(() => r.uploader.status().sent === 1, "it is sent");
  assert.equal((await bucket.keys()).length, 2);
  await until(() => r.store.entries.length === 0, "it is gone here");
});

s3Test("a bucket that is not there yet is tried again until it is", async (bucket, directory) => {
  await using r = await rig(directory, { rules: { ...bucket.rules, bucket: "later" } });
  r.store.keepFrame(capturedFrame());
  await until(() => r.uploader.status().state === "failing", "it fails at first");
  assert.match(r.uploader.status().lastError!, /Cannot upload to later at .*: it answered 404 NoSuchBucket/);
  using client = new S3Client({ rules: { ...bucket.rules, bucket: "later" }, keys });
  const empty = await Deno.makeTempFile({ dir: directory });
  await assert.rejects(client.put("x", empty, "text/plain", never), SendError);
  const { endpoint } = bucket;
  const headers = signS3({ method: "PUT", host: new URL(endpoint).host, path: "/later" }, {
    keys,
    region: "us-east-1",
    atMs: Date.now(),
  });
  await (await fetch(`${endpoint}/later`, { method: "PUT", headers })).body?.cancel();
  await until(() => r.uploader.status().sent === 1, "it is sent in the end");
});

s3Test("what was kept while nobody took it is sent after a restart, and nothing twice", async (bucket, directory) => {
  const away = { ...bucket.rules, endpoint: `http://127.0.0.1:${freeTcpPort()}` };
  {
    await using r = await rig(directory, { rules: bucket.rules });
    r.store.keepFrame(capturedFrame({ atMs: Date.parse("2026-01-31T12:00:00Z") }));
    await until(() => r.uploader.status().sent === 1, "the first is sent");
  }
  {
    await using r = await rig(directory, { rules: away, flushMs: 50 });
    for (let n = 1; n <= 3; n++) {
      r.store.keepFrame(capturedFrame({ atMs: Date.parse("2026-01-31T12:00:00Z") + n * 1000 }));
    }
    await r.store.drained();
    await until(() => r.uploader.status().state === "failing", "nobody is there");
  }
  await using r = await rig(directory, { rules: bucket.rules });
  await until(() => r.uploader.status().sent === 3, () => JSON.stringify(r.uploader.status()));
  await until(() => r.uploader.status().waiting === 0, "nothing waits any more");
  assert.equal((await bucket.keys()).length, 8);
});

s3Test("a stream's captures reach the bucket that its rules name", async (bucket) => {
  await using server = await GuestServer.start({ capture: keys });
  await server.run({
    id: "count",
    source: { kind: "scene", scene: "counter", width: 320, height: 180 },
    capture: { everyNth: 5, upload: { endpoint: bucket.endpoint, bucket: "frames" } },
  });
  await until(async () => (await bucket.keys()).length >= 4, "two captures are in the bucket");
  let text = "";
  const well = async () => {
    text = JSON.stringify(await server.ask("GET", "/api/v1/streams/count"));
    return text.includes('"upload":{"state":"ok"');
  };
  await until(well, () => `its status says that all is well: ${text}`);
  assert.ok(!text.includes(keys.secretAccessKey), text);
});

Deno.test("an endpoint that the server's rules forbid is not contacted, and that is told", async () => {
  await inDirectory(async (directory) => {
    const rules = {
      ...{ endpoint: "http://169.254.169.254", bucket: "frames", region: "eu", prefix: "" },
      ...{ pathStyle: true, move: false },
    };
    const address = (host: string) => Promise.reject(new SendError("refused", `${host} is not let in`));
    await using r = await rig(directory, { rules, address });
    r.store.keepFrame(capturedFrame());
    await until(() => /not let in/.test(r.uploader.status().lastError ?? ""), "it is refused");
    assert.equal(r.uploader.status().sent, 0);
  });
});

Deno.test("without keys nothing is sent, and it is told what is missing", async () => {
  await inDirectory(async (directory) => {
    const rules = {
      ...{ endpoint: "http://127.0.0.1:1", bucket: "frames", region: "eu", prefix: "" },
      ...{ pathStyle: true, move: false },
    };
    await using r = await rig(directory, { rules, keys: undefined });
    r.store.keepFrame(capturedFrame());
    await until(() => /there are no keys/.test(r.uploader.status().lastError ?? ""), "it says so");
  });
});
