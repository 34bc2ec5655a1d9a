import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freeTcpPort } from "../support/gate.ts";
import { inDirectory } from "../support/in_directory.ts";
import { guestPython } from "../support/python_env.ts";
import { skip } from "../support/skip.ts";
import { untilWithin } from "../support/until.ts";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const SCRIPT = path("../support/guests/tracked_run.py");
const TRACKING = path("../../scripts/train/pulse");
const decoder = new TextDecoder();

/** Trains nothing, but writes it down as training does. */
async function run(python: string, folder: string, { server, fail }: { server?: string; fail?: boolean } = {}) {
  const { code, stderr } = await new Deno.Command(python, {
    args: ["-B", SCRIPT, TRACKING, folder, ...(fail ? ["fail"] : [])],
    clearEnv: true,
    env: { HOME: folder, ...(server && { MLFLOW_TRACKING_URI: server, MLFLOW_HTTP_REQUEST_MAX_RETRIES: "2" }) },
  }).output();
  return { code, complaint: decoder.decode(stderr) };
}

/** An `mlflow server` with a database and files of its own. */
class TrackingServer implements AsyncDisposable {
  readonly url: string;
  readonly #child: Deno.ChildProcess;
  readonly #said: Promise<string>;

  constructor(python: string, private readonly folder: string) {
    const port = freeTcpPort();
    this.url = `http://127.0.0.1:${port}`;
    const stores = ["--backend-store-uri", "sqlite:///runs.db", "--artifacts-destination", join(folder, "files")];
    this.#child = new Deno.Command(python, {
      args: ["-m", "mlflow", "server", "--host", "127.0.0.1", "--port", `${port}`, "--workers", "1", ...stores],
      cwd: folder,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
      env: { MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false", HOME: folder },
    }).spawn();
    this.#said = new Response(this.#child.stderr).text();
  }

  /** Waits until it answers; a server that ended instead tells why. */
  async ready(): Promise<void> {
    const ended = this.#child.status.then(async () => {
      throw new Error(`mlflow server ended: ${await this.#said}`);
    });
    const answers = async () => {
      const answer = await fetch(`${this.url}/health`).catch(() => undefined);
      await answer?.body?.cancel();
      return answer?.ok ?? false;
    };
    ended.catch(() => {});
    await Promise.race([untilWithin(180_000)(answers, "mlflow server answers"), ended]);
  }

  // deno-lint-ignore no-explicit-any -- what another program answers
  async ask(call: string, body?: unknown): Promise<any> {
    const response = await fetch(`${this.url}/api/2.0/mlflow/${call}`, {
      ...(body !== undefined && {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    });
    assert.equal(response.status, 200, call);
    return await response.json();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    const dead = setTimeout(() => this.#child.kill("SIGKILL"), 10_000);
    await this.#child.status;
    clearTimeout(dead);
    await this.#said;
  }
}

const NAME = "a training run is written down on an MLflow server, with its files, and so is one that fails";
const python = await guestPython("tracking_requirements.txt");

Deno.test({
  name: NAME,
  ignore: skip(NAME, python !== undefined, "a Python that pip can install packages for"),
  fn: () =>
    inDirectory(async (folder) => {
      await using server = new TrackingServer(python!, folder);
      await server.ready();
      const done = await run(python!, folder, { server: server.url });
      assert.equal(done.code, 0, done.complaint);
      const failed = await run(python!, folder, { server: server.url, fail: true });
      assert.equal(failed.code, 1, failed.complaint);

      const { experiment } = await server.ask("experiments/get-by-name?experiment_name=weir-pulse");
      const { runs } = await server.ask("runs/search", { experiment_ids: [experiment.experiment_id] });
      const byStatus = (status: string) =>
        runs.filter((one: { info: { status: string } }) => one.info.status === status);
      assert.equal(byStatus("FAILED").length, 1);
      const [{ info, data }] = byStatus("FINISHED");
      assert.deepEqual(data.params.toSorted((a: { key: string }, b: { key: string }) => a.key < b.key ? -1 : 1), [
        { key: "rate", value: "0.003" },
        { key: "seed", value: "7" },
      ]);
      const history = await server.ask(`metrics/get-history?run_id=${info.run_id}&metric_key=loss`);
      const points = history.metrics.map(({ step, value }: { step: number; value: number }) => [step, value]);
      assert.deepEqual(points, [[100, 2.5], [200, 1.5]]);
      const file = join(folder, "files", experiment.experiment_id, info.run_id, "artifacts", "last.pt");
      assert.deepEqual(await Deno.readFile(file), Uint8Array.from({ length: 256 }, (_, i) => i));
    }),
});

Deno.test({
  name: "without a server, a training run is written down in its own folder",
  ignore: skip("a training run in a folder", python !== undefined, "a Python that pip can install packages for"),
  fn: () =>
    inDirectory(async (folder) => {
      const { code, complaint } = await run(python!, folder);
      assert.equal(code, 0, complaint);
      const kept = (name: string) => Deno.readTextFile(join(folder, "tracking", name));
      assert.deepEqual(JSON.parse(await kept("parameters.json")), { seed: 7, rate: 0.003 });
      const lines = (await kept("metrics.jsonl")).trimEnd().split("\n").map((line) => JSON.parse(line));
      assert.deepEqual(lines, [{ step: 100, loss: 2.5, "mae_0.006": 3.25 }, { step: 200, loss: 1.5 }]);
      assert.equal((await Deno.stat(join(folder, "tracking", "last.pt"))).size, 256);
    }),
});
