import { METHODS } from "node:http";
import { Problem } from "../problem.ts";
import { ALLOW } from "./incoming.ts";
import type { ConnectionEnd } from "../../core/connections.ts";

/** What the parser's complaint is to the client, and to whoever counts. */
export interface ParserProblem {
  problem: Problem;
  why: ConnectionEnd;
}

/** What the parser complains with; `rawPacket` is what it had in hand. */
export type ParserError = Error & { code?: string; rawPacket?: Uint8Array };

/** What is to be said of what the parser refused; undefined when nobody is left to hear it. */
export function parserProblem({ code = "", rawPacket }: ParserError): ParserProblem | undefined {
  switch (code) {
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return { problem: new Problem("too_slow", "The head of the request did not come in time"), why: "slow_head" };
    case "HPE_HEADER_OVERFLOW":
      return {
        problem: new Problem("headers_too_large", "The head of the request is larger than is read here"),
        why: "headers_too_large",
      };
    case "HPE_INVALID_EOF_STATE":
      return undefined;
  }
  if (!code.startsWith("HPE_")) return undefined;
  if (rawPacket && isOfAnotherMethod(rawPacket)) {
    return {
      problem: new Problem("method_not_allowed", "There is no such method", { headers: ALLOW }),
      why: "malformed",
    };
  }
  return { problem: new Problem("malformed", "This is no HTTP that can be read in one way only"), why: "malformed" };
}

/** The parser reads methods that it knows only, and does not say that this was it. */
function isOfAnotherMethod(packet: Uint8Array): boolean {
  const line = new TextDecoder("latin1").decode(packet.subarray(0, 64));
  const method = /^([A-Z]{1,20}) [/*h]/.exec(line)?.[1];
  return method !== undefined && !METHODS.includes(method);
}
