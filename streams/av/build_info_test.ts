import assert from "node:assert/strict";
import { buildInfo } from "./build_info.ts";

Deno.test("what the notice says of FFmpeg's licence and of FDK AAC is what the library says of itself", async () => {
  const notice = await Deno.readTextFile(new URL("../../packaging/licences/NOTICE.txt", import.meta.url));
  const { licence, fdkAac } = buildInfo();
  assert.equal(licence, "GPL 3 or later");
  assert.equal(fdkAac, /^FDK AAC\. The FFmpeg in node-av is .* linked with fdk-aac-stripped/m.test(notice));
});
