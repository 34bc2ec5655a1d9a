import assert from "node:assert/strict";
import { type NalFraming, nalFraming, packetRole } from "./packet_role.ts";

const role = (
  codec: string,
  framing: NalFraming,
  bytes: number[],
  container: { key?: boolean; disposable?: boolean } = {},
) =>
  packetRole(
    { codec, framing, key: container.key ?? false, disposable: container.disposable ?? false },
    () => Uint8Array.from(bytes),
  );

/** An H.264 NAL header. */
const avc = (referenced: number, type: number) => (referenced << 5) | type;
/** The first byte of an HEVC NAL header. */
const hevc = (type: number) => type << 1;
const annexB = (...nals: number[][]) => nals.flatMap((nal, index) => [...(index ? [] : [0]), 0, 0, 1, ...nal]);
const lengths = (size: number, ...nals: number[][]) =>
  nals.flatMap((
    nal,
  ) => [...Array.from({ length: size }, (_, index) => nal.length >> (8 * (size - 1 - index))), ...nal]);

const payload = [0x88, 0x84, 0x21, 0xff];

Deno.test("the container's word goes first, and the bits are not looked at", () => {
  const never = () => assert.fail("looked");
  const facts = { codec: "h264", framing: "start-codes" as const };
  assert.equal(packetRole({ ...facts, key: true, disposable: false }, never), "key");
  assert.equal(packetRole({ ...facts, key: false, disposable: true }, never), "disposable");
  assert.equal(packetRole({ ...facts, codec: "vp9", key: false, disposable: false }, never), "reference");
});

Deno.test("an H.264 picture that no slice says is referred to is disposable", () => {
  assert.equal(role("h264", "start-codes", annexB([avc(0, 1), ...payload])), "disposable");
  assert.equal(
    role("h264", "start-codes", annexB([avc(0, 9), 16], [avc(0, 6), 1, 2], [avc(0, 1), ...payload])),
    "disposable",
  );
  assert.equal(role("h264", "start-codes", annexB([avc(0, 1), ...payload], [avc(0, 1), ...payload])), "disposable");
  assert.equal(role("h264", "start-codes", annexB([avc(2, 1), ...payload])), "reference");
  assert.equal(role("h264", "start-codes", annexB([avc(0, 9), 16], [avc(1, 1), ...payload])), "reference");
  assert.equal(role("h264", "start-codes", annexB([avc(0, 1), ...payload], [avc(2, 1), ...payload])), "reference");
});

Deno.test("parameter sets alone are no picture, so nothing is skipped for them", () => {
  assert.equal(role("h264", "start-codes", annexB([avc(0, 9), 16], [avc(0, 6), 4])), "reference");
  assert.equal(role("h264", "start-codes", []), "reference");
  assert.equal(role("hevc", "start-codes", annexB([hevc(35), 1, 80])), "reference");
});

for (const size of [1, 2, 3, 4] as const) {
  Deno.test(`NAL units with lengths of ${size} bytes are read as well`, () => {
    assert.equal(role("h264", size, lengths(size, [avc(0, 6), 1], [avc(0, 1), ...payload])), "disposable");
    assert.equal(role("h264", size, lengths(size, [avc(0, 6), 1], [avc(3, 1), ...payload])), "reference");
    assert.equal(role("hevc", size, lengths(size, [hevc(0), 1, ...payload])), "disposable");
  });
}

Deno.test("HEVC tells by the type: even types below 16 are referred to by nobody on their layer", () => {
  for (const type of [0, 2, 4, 6, 8]) {
    assert.equal(role("hevc", "start-codes", annexB([hevc(type), 1, ...payload])), "disposable", `type ${type}`);
  }
  for (const type of [1, 3, 5, 7, 9, 16, 19, 20, 21]) {
    assert.equal(role("hevc", "start-codes", annexB([hevc(type), 1, ...payload])), "reference", `type ${type}`);
  }
});

Deno.test("the framing follows from the decoder configuration", () => {
  const avcC = Uint8Array.of(1, 100, 0, 31, 0xfc | 3, 0xe1, 0);
  assert.equal(nalFraming("h264", avcC), 4);
  assert.equal(nalFraming("h264", Uint8Array.of(1, 100, 0, 31, 0xfc | 1, 0xe1, 0)), 2);
  const hvcC = new Uint8Array(23);
  hvcC[0] = 1;
  hvcC[21] = 0x0f;
  assert.equal(nalFraming("hevc", hvcC), 4);
  assert.equal(nalFraming("h264", Uint8Array.of(0, 0, 0, 1, 0x67)), "start-codes");
  assert.equal(nalFraming("h264", null), "start-codes");
  assert.equal(nalFraming("h264", Uint8Array.of(1)), "start-codes");
});

Deno.test("whatever the bytes are, there is an answer, and it never reads outside", () => {
  let state = 20260101;
  const random = (limit: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % limit;
  };
  const roles = new Map<string, number>();
  for (let round = 0; round < 20_000; round++) {
    const bytes = Array.from({ length: random(64) }, () => random(4) === 0 ? random(256) : random(3));
    const framing = (["start-codes", 1, 2, 3, 4] as const)[random(5)];
    const answer = role(random(2) ? "h264" : "hevc", framing, bytes);
    roles.set(answer, (roles.get(answer) ?? 0) + 1);
  }
  assert.deepEqual([...roles.keys()].sort(), ["disposable", "reference"]);
});
