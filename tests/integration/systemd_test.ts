import assert from "node:assert/strict";
import { inDirectory } from "../support/in_directory.ts";
import { SingleFile } from "../support/single_file.ts";
import { skip } from "../support/skip.ts";
import { SystemdMachine } from "../support/systemd_machine.ts";

const CONFIG = `streams:
  - { id: pitch, source: { kind: scene, scene: pitch }, pipeline: [{ model: weir-pitch }] }
`;
const TOKEN = "0123456789abcdef0123456789abcdef";
const STREAMS = `curl -fsS -H "Authorization: Bearer ${TOKEN}" http://127.0.0.1:8080/api/v1/streams`;

const name =
  "systemd runs the unit: confined, with the journal, read anew when asked, back when killed, told what is wrong";
Deno.test({
  name,
  ignore: skip(name, await SystemdMachine.possible(), "to be root on Linux with systemd"),
  fn: () =>
    inDirectory(async (directory) => {
      await using file = await SingleFile.build();
      await Deno.writeTextFile(`${directory}/weir.yaml`, CONFIG);
      await using machine = await SystemdMachine.boot(file.path, `${directory}/weir.yaml`);
      const well = async (line: string) => {
        const { code, stdout, stderr } = await machine.run(line);
        assert.equal(code, 0, `${line}\n${stdout}${stderr}`);
        return stdout;
      };
      const ready = () => machine.waitFor("curl -fsS http://127.0.0.1:8080/ready", "the service to be ready");
      const journal = () => well("journalctl -u weir -o cat --no-pager");
      const property = async (what: string) => (await well(`systemctl show -p ${what} --value weir`)).trim();

      await well(`umask 077 && echo WEIR_TOKEN=${TOKEN} > /etc/weir/weir.env`);
      await well("weir service install --config /etc/weir/weir.yaml");
      await well("systemctl daemon-reload && systemctl enable --now weir");
      await ready();
      assert.match(await well("weir service status"), /running +active\nat boot +enabled\n/);
      assert.equal(JSON.parse(await well(STREAMS)).streams[0].id, "pitch");
      const uninvited = await machine.run(STREAMS.replace("Bearer", "Bear"));
      assert.match(uninvited.stderr, /401/);

      const pid = await property("MainPID");
      const status = await well(`cat /proc/${pid}/status`);
      assert.match(status, /^CapBnd:\t0+$/m);
      assert.match(status, /^NoNewPrivs:\t1$/m);
      assert.match(status, /^Seccomp:\t2$/m);
      assert.doesNotMatch(status, /^Uid:\t0\t/m);
      const kept = await machine.run(`nsenter -t ${pid} -m sh -c 'touch /usr/x; touch /etc/x; ls -A /home'`);
      assert.match(kept.stderr, /\/usr\/x.*Read-only[\s\S]*\/etc\/x.*Read-only/);
      assert.equal(kept.stdout, "", "it sees people's own folders");

      await well("sed -i 's/id: pitch/id: lawn/' /etc/weir/weir.yaml && systemctl reload weir");
      await machine.waitFor(`${STREAMS} | grep -q '"id":"lawn"'`, "the configuration to be read anew");
      assert.equal(await property("MainPID"), pid);

      await well(`kill -9 ${pid}`);
      await machine.waitFor(
        "test $(systemctl show -p NRestarts --value weir) = 1",
        "what was killed to be started again",
      );
      await ready();
      const refused = await machine.run("weir service uninstall");
      assert.equal(refused.code, 2);
      assert.match(refused.stderr, /runs as a service; put an end to that first: sudo systemctl disable --now weir/);
      await well("systemctl stop weir");
      assert.deepEqual([await property("Result"), await property("ExecMainStatus")], ["success", "0"]);

      await well("echo 'nonsense: 1' >> /etc/weir/weir.yaml && systemctl start weir");
      await machine.waitFor("systemctl is-failed -q weir", "a wrong configuration to be given up on");
      const said = await journal();
      assert.match(said, /"msg":"Stream running","stream":"lawn"/);
      assert.match(said, /Cannot use the configuration \/etc\/weir\/weir\.yaml: Unrecognized key: "nonsense"/);
      assert.match((await machine.run("weir service uninstall")).stderr, /is started at every boot/);
      await well("systemctl disable weir && weir service uninstall");
    }),
});
