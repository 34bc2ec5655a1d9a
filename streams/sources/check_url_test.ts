import assert from "node:assert/strict";
import { checkAddress, checkUrl, type UrlRules } from "./check_url.ts";

const rules: UrlRules = { schemes: ["http", "https"], deny: ["link-local"] };
const strict: UrlRules = { schemes: ["https"], deny: ["link-local", "loopback", "private"] };

Deno.test("schemes that are not listed are refused", () => {
  for (const url of ["file:///etc/passwd", "ftp://host/", "gopher://host/", "concat:a|b", "data:text/plain,x"]) {
    assert.match(checkUrl(new URL(url), rules)!, /is not allowed$/);
  }
  assert.equal(checkUrl(new URL("http://camera.local/1"), rules), undefined);
  assert.match(checkUrl(new URL("http://camera.local/1"), strict)!, /^http is not allowed$/);
});

Deno.test("link-local addresses and metadata services are refused in every spelling", () => {
  const urls = [
    ...["http://169.254.169.254/", "http://2852039166/", "http://0xa9fea9fe/", "http://0251.0376.0251.0376/"],
    ...["http://169.254.0.1/", "http://[fe80::1]/", "http://[febf::1]/", "http://[::ffff:169.254.169.254]/"],
    ...["http://[::ffff:a9fe:a9fe]/", "http://[64:ff9b::169.254.169.254]/", "http://[2002:a9fe:a9fe::1]/"],
    ...["http://[fd00:ec2::254]/", "http://100.100.100.200/", "http://168.63.129.16/", "http://[::169.254.169.254]/"],
  ];
  for (const url of urls) assert.match(checkUrl(new URL(url), rules) ?? url, /link-local/);
});

Deno.test("cameras in private networks and on this machine are allowed unless the rules say otherwise", () => {
  const addresses = [
    ...["10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.9", "100.64.0.1", "fc00::1", "fdff::1"],
    ...["127.0.0.1", "127.9.9.9", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1", "::ffff:10.0.0.1"],
  ];
  for (const address of addresses) {
    assert.equal(checkAddress(address, rules), undefined, address);
    assert.ok(checkAddress(address, strict), address);
  }
  assert.ok(checkUrl(new URL("https://localhost/"), strict));
  assert.ok(checkUrl(new URL("https://a.localhost/"), strict));
});

Deno.test("public addresses and their neighbours are allowed", () => {
  const addresses = [
    ...["8.8.8.8", "169.253.255.255", "169.255.0.0", "172.15.0.1", "172.32.0.1", "192.167.1.1", "192.169.1.1"],
    ...["11.0.0.1", "126.255.255.255", "128.0.0.1", "2001:db8::1", "fec0::1", "fe00::1", "::ffff:8.8.8.8"],
  ];
  for (const address of addresses) assert.equal(checkAddress(address, strict), undefined, address);
});

Deno.test("what is no address is refused", () => {
  for (const text of ["", "host", "1.2.3", "1.2.3.4.5", ":::"]) assert.match(checkAddress(text, rules)!, /no address$/);
});
