import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { dashboardFile, dashboards, grafanaJson } from "../../scripts/dashboards.ts";
import { freeTcpPort } from "../support/gate.ts";
import { inDirectory } from "../support/in_directory.ts";
import { succeeds } from "../support/python_env.ts";
import { ServedWeir } from "../support/served_weir.ts";
import { skip } from "../support/skip.ts";
import { until } from "../support/until.ts";

const path = (name: string) => fileURLToPath(new URL(`../../config/${name}`, import.meta.url));
const RULES = path("alerts/weir.rules.yaml");

interface Rules {
  groups: { rules: { alert: string; expr: string }[] }[];
}

Deno.test("the dashboards that are kept are those of the script", async () => {
  for (const [name, dashboard] of Object.entries(dashboards)) {
    assert.equal(await Deno.readTextFile(dashboardFile(name)), grafanaJson(name, dashboard), "deno task dashboards");
  }
});

const checked = "promtool finds no fault with the rules, their tests and the configuration";
Deno.test({
  name: checked,
  ignore: skip(checked, await succeeds("promtool", "--version"), "promtool"),
  async fn() {
    for (
      const args of [
        ["check", "rules", RULES],
        ["test", "rules", path("alerts/weir.test.yaml")],
        ["check", "config", "--syntax-only", path("prometheus/prometheus.yaml")],
      ]
    ) {
      const { success, stdout, stderr } = await new Deno.Command("promtool", { args }).output();
      assert.ok(success, `${args.join(" ")}\n${new TextDecoder().decode(stdout)}${new TextDecoder().decode(stderr)}`);
    }
  },
});

/** Queries that have an answer only when something is wrong, or was asked for. */
const EMPTY_WHEN_WELL = / > 0$|=~"5\.\."|\/predict/;

const real = "every query of the dashboards and alerts has an answer from a real Prometheus that scrapes a real Weir";
Deno.test({
  name: real,
  ignore: skip(real, await succeeds("prometheus", "--version"), "prometheus"),
  fn: () =>
    inDirectory(async (directory) => {
      await using weir = await ServedWeir.start({ flags: ["--demo"] });
      await weir.firstResult();
      const port = freeTcpPort();
      await Deno.writeTextFile(
        `${directory}/prometheus.yaml`,
        `scrape_configs:
  - { job_name: weir, scrape_interval: 1s, static_configs: [{ targets: ["${new URL(weir.url).host}"] }] }\n`,
      );
      const prometheus = new Deno.Command("prometheus", {
        args: [
          `--config.file=${directory}/prometheus.yaml`,
          `--storage.tsdb.path=${directory}/data`,
          `--web.listen-address=127.0.0.1:${port}`,
        ],
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).spawn();
      try {
        const query = async (expr: string) => {
          const response = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expr)}`);
          return await response.json() as { status: string; error?: string; data: { result: unknown[] } };
        };
        const answered = (expr: string) => query(expr).then(({ data }) => data.result.length > 0).catch(() => false);
        await until(() => answered("rate(weir_frames_completed_total[1m]) > 0"), "Prometheus knows how results come");
        await until(() => answered("rate(weir_http_requests_total[1m])"), "Prometheus knows how requests come");

        const exposed = await (await fetch(`${weir.url}/metrics`)).text();
        const known = new Set([...exposed.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
        const exists = (expr: string) => {
          for (const [name] of expr.matchAll(/\b(?:weir|process)_[a-z_]+/g)) {
            const base = name.replace(/_(?:bucket|sum|count)$/, "");
            assert.ok(known.has(name) || known.has(base), `${expr}: there is no metric ${name}`);
          }
        };
        for (const { title, panels } of Object.values(dashboards)) {
          for (const [legend, asked] of panels.flatMap(({ queries }) => Object.entries(queries))) {
            const expr = asked.replaceAll("$__rate_interval", "1m").replaceAll("$stream", ".*");
            exists(expr);
            const { status, error } = await query(expr);
            assert.equal(status, "success", `${title}, ${legend}: ${error}`);
            // A rate takes two looks at what it is of.
            if (!EMPTY_WHEN_WELL.test(expr)) await until(() => answered(expr), `${title}: something for ${expr}`);
          }
        }
        const { groups } = parse(await Deno.readTextFile(RULES)) as Rules;
        for (const { alert, expr } of groups.flatMap(({ rules }) => rules)) {
          exists(expr);
          assert.equal((await query(expr)).status, "success", alert);
        }
      } finally {
        prometheus.kill("SIGTERM");
        await prometheus.status;
      }
    }),
});
