import assert from "node:assert/strict";
import { s3Path, s3Query, signS3, type UnsignedRequest } from "./s3_signature.ts";

// The examples of "Authenticating Requests: Using the Authorization Header" in Amazon's S3 API Reference.
const keys = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" };
const atMs = Date.parse("2013-05-24T00:00:00Z");
const host = "examplebucket.s3.amazonaws.com";

const EXAMPLES: [what: string, request: UnsignedRequest, signed: string, signature: string][] = [
  [
    "a part of an object",
    { method: "GET", host, path: s3Path("test.txt"), headers: { Range: "bytes=0-9" } },
    "host;range;x-amz-content-sha256;x-amz-date",
    "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
  ],
  [
    "an object that is put, with a key that needs escaping",
    {
      method: "PUT",
      host,
      path: s3Path("test$file.text"),
      headers: { Date: "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY" },
      body: new TextEncoder().encode("Welcome to Amazon S3."),
    },
    "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
    "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
  ],
  [
    "a parameter without a value",
    { method: "GET", host, path: s3Path(""), query: { lifecycle: "" } },
    "host;x-amz-content-sha256;x-amz-date",
    "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
  ],
  [
    "several parameters",
    { method: "GET", host, path: s3Path(""), query: { prefix: "J", "max-keys": "2" } },
    "host;x-amz-content-sha256;x-amz-date",
    "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
  ],
];

for (const [what, request, signed, signature] of EXAMPLES) {
  Deno.test(`Amazon's own example is signed as it says: ${what}`, () => {
    const { authorization } = signS3(request, { keys, region: "us-east-1", atMs });
    assert.equal(
      authorization,
      "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request," +
        `SignedHeaders=${signed},Signature=${signature}`,
    );
  });
}

Deno.test("a session's token is signed with the rest, and nothing of the secret is in the headers", () => {
  const request = { method: "GET", host, path: s3Path("a b/c+d.jpg") };
  const headers = signS3(request, { keys: { ...keys, sessionToken: "of today" }, region: "eu", atMs });
  assert.equal(request.path, "/a%20b/c%2Bd.jpg");
  assert.match(headers.authorization, /SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,/);
  assert.equal(headers["x-amz-security-token"], "of today");
  assert.ok(!JSON.stringify(headers).includes(keys.secretAccessKey));
});

Deno.test("parameters are sent in the order in which they are signed", () => {
  assert.equal(s3Query({ uploadId: "a/b=", partNumber: "10" }), "partNumber=10&uploadId=a%2Fb%3D");
});
