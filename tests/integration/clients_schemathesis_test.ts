import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { GuestServer } from "../support/guest_server.ts";
import { guestPython } from "../support/python_env.ts";
import { skip } from "../support/skip.ts";

const CONFIG = fileURLToPath(new URL("../support/guests/schemathesis.toml", import.meta.url));
const TOKEN = "admin-token-0123456789";
/** What goes on for ever cannot be judged by its end; these wait for pictures that mostly never come. */
const WAITING = ["streamFrame", "probeSource"];
const python = await guestPython();

const name = "schemathesis finds nothing that the served document does not say";
Deno.test({
  name,
  ignore: skip(name, python !== undefined, "Python 3 with venv, and schemathesis from PyPI"),
  async fn() {
    await using server = await GuestServer.start({
      auth: { tokens: [{ name: "tester", token: TOKEN, role: "admin" }] },
      // It invents addresses; nobody is to be called at any of them.
      sources: { schemes: [], privateNetworks: false, cameras: false },
      limits: { streams: 4, readsPerMinute: 1_000_000, writesPerMinute: 1_000_000 },
    });
    const notes = await Deno.makeTempDir({ prefix: "weir-schemathesis-" });
    const authorization = `Bearer ${TOKEN}`;
    const { code, stdout, stderr } = await new Deno.Command(python!, {
      args: [
        ...["-m", "schemathesis.cli", "--config-file", CONFIG, "--no-color", "run", `${server.url}/openapi.json`],
        ...["--header", `Authorization: ${authorization}`, "--seed", "7", "--max-examples", "8"],
        ...["--request-timeout", "30", "--warnings", "off"],
        ...server.routes.filter(({ id, kind }) => kind || WAITING.includes(id)).flatMap(({ id }) => [
          "--exclude-operation-id",
          id,
        ]),
      ],
      stdin: "null",
      // It leaves notes behind.
      cwd: notes,
    }).output();
    await Deno.remove(notes, { recursive: true });
    const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assert.equal(code, 0, said);
    // The document's own example is one that is carried out.
    assert.ok(await server.answered(201, { authorization }) > 0, "no stream was ever registered");
    assert.ok(await server.answered(422, { authorization }) > 0, "nothing was ever refused");
  },
});
