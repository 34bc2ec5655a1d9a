import assert from "node:assert/strict";
import { AnalyzerRig } from "../../tests/support/analyzer_rig.ts";
import { analyzerNamed } from "./registry.ts";

const when = "zones.box.count > 3";
const count = (count: number) => ({ zones: { box: { count } } });

/** Shows counts, ten a second, and answers at which of them people were told. */
function told(options: Record<string, unknown>, counts: number[]): number[] {
  const rig = new AnalyzerRig("alert", { when, ...options });
  return counts.flatMap((n, index) => rig.push(index / 10, count(n)).message === undefined ? [] : [index]);
}

Deno.test("people are told when the condition comes true, and not again while it goes on", () => {
  assert.deepEqual(told({ cooldownS: 0 }, [3, 4, 5, 4, 3, 4, 4]), [1, 5]);
});

Deno.test("it must hold for as long as it is asked to, without a break", () => {
  assert.deepEqual(told({ forS: 0.3, cooldownS: 0 }, [4, 4, 4, 3, 4, 4, 4, 4, 4]), [7]);
});

Deno.test("the cool-down keeps further alerts back, and one that waited for its end comes then", () => {
  assert.deepEqual(told({ cooldownS: 0.5 }, [4, 3, 4, 3, 3, 3, 4, 4]), [0, 6]);
  assert.deepEqual(told({ cooldownS: 0.5 }, [4, 3, 4, 4, 4, 4, 4]), [0, 5]);
  assert.deepEqual(told({ cooldownS: 0.2, repeat: true }, [4, 4, 4, 4, 4, 4]), [0, 2, 4]);
});

Deno.test("the message tells the values of the moment, and the frame goes along as it is asked for", () => {
  const rig = new AnalyzerRig("alert", {
    when,
    message: "{zones.box.count} in the box, {{not}} {zones.gate.count}, {zones.box.count / 3}",
  });
  const output = rig.push(0, count(5));
  const message = "5 in the box, {not} ?, 1.67";
  assert.deepEqual(output, { holds: true, holdsS: 0, fired: 1, message });
  assert.deepEqual(rig.alerts, [{ message, picture: { width: 640, quality: 80, overlay: true } }]);
  const small = new AnalyzerRig("alert", { when, picture: { width: 320, overlay: false } });
  small.push(0, count(5));
  assert.deepEqual(small.alerts, [{ message: when, picture: { width: 320, quality: 80, overlay: false } }]);
  const none = new AnalyzerRig("alert", { when, picture: false });
  none.push(0, count(5));
  assert.deepEqual(none.alerts, [{ message: when }]);
});

Deno.test("how often it fired and the cool-down live on in a new epoch", () => {
  const rig = new AnalyzerRig("alert", { when, cooldownS: 10 });
  rig.push(0, count(4));
  rig.analyzer.reset();
  assert.deepEqual(rig.push(0, count(4)), { holds: true, holdsS: 0, fired: 1 });
  assert.deepEqual(rig.push(11, count(3)), { holds: false, fired: 1 });
  assert.equal(rig.push(11.1, count(4)).fired, 2);
});

Deno.test("conditions and messages that do not parse are refused with the place", () => {
  assert.throws(
    () => analyzerNamed("alert", { when: "zones.box.count >" }),
    /found the end at character 18[^]*at when/,
  );
  assert.throws(() => analyzerNamed("alert", { when, message: "a {b +} c" }), /character 7[^]*at message/);
  assert.throws(() => analyzerNamed("alert", { when, message: "a {b" }), /without its }[^]*character 3/);
  assert.throws(() => analyzerNamed("alert", { when, message: "a } b" }), /without its {[^]*character 3/);
});
