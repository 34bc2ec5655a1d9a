import { Moved } from "../../actors/actor.ts";
import { hostActor } from "../../actors/worker_host.ts";

/** How the wayward actor starts and closes. */
export interface WaywardInit {
  start?: "throw" | "hopeless" | "hang" | "spin" | "emit" | "dieSoon";
  close?: "hang" | "throw" | "stray";
  port?: MessagePort;
}

/** What the wayward actor can be told. */
export type WaywardMessage =
  | { do: "echo"; value: unknown }
  | { do: "move"; buffer: ArrayBuffer }
  | { do: "emit"; count: number }
  | { do: "connect"; port: MessagePort }
  | { do: "wait"; ms: number }
  /** Takes until it is called off; tells when it begins, if asked to. */
  | { do: "hang"; announce?: boolean }
  | { do: "throw" | "throwLater" | "rejectLater" | "throwTwice" | "close" | "exit" | "spin" | "uncloneable" };

/** What it emits. */
export type WaywardEvent = { early: boolean } | { holding: boolean } | { number: number } | { released: string };

let init: WaywardInit = {};
const ports: MessagePort[] = [];

class NotFound extends Error {
  override name = "NotFound";
  readonly code = "not_found";
  readonly hopeless = true;
}

function answer(port: MessagePort): void {
  port.onmessage = (event) => port.postMessage(`heard ${event.data}`);
  ports.push(port);
}

const forever = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

function spin(): never {
  for (;;);
}

/** A worker's name is known before its init is. */
const serial = self.name.includes("serial");

hostActor<WaywardInit, WaywardMessage, WaywardEvent>({
  async start(given, context) {
    init = given;
    if (init.port) answer(init.port);
    if (init.start === "throw") throw new TypeError("no weights");
    if (init.start === "hopeless") throw new NotFound("no such model", { cause: new RangeError("deep down") });
    if (init.start === "spin") spin();
    if (init.start === "hang") await forever(context.signal);
    if (init.start === "dieSoon") {
      setTimeout(() => {
        throw new Error("short was its life");
      }, 0);
    }
    if (init.start === "emit") context.emit({ early: true });
  },
  async handle(message, context) {
    switch (message.do) {
      case "echo":
        return message.value;
      case "move":
        return new Moved(message.buffer, [message.buffer]);
      case "emit":
        for (let number = 0; number < message.count; number++) context.emit({ number });
        return;
      case "connect":
        return answer(message.port);
      case "wait":
        await new Promise((resolve) => setTimeout(resolve, message.ms));
        return;
      case "throw":
        throw new RangeError("threw up");
      case "throwLater":
        setTimeout(() => {
          throw new RangeError("threw up later");
        }, 0);
        return;
      case "rejectLater":
        void Promise.reject(new RangeError("rejected later"));
        return;
      case "throwTwice":
        void Promise.reject(new RangeError("the first"));
        void Promise.reject(new RangeError("the second"));
        return;
      case "close":
        return self.close();
      case "exit":
        return Deno.exit(3);
      case "spin":
        return spin();
      case "hang":
        if (message.announce) context.emit({ holding: true });
        try {
          return await forever(context.signal);
        } finally {
          context.emit({ released: String(context.signal.reason.message) });
        }
      case "uncloneable":
        return () => {};
    }
  },
  async close() {
    for (const port of ports) port.close();
    if (init.close === "hang") await new Promise(() => {});
    if (init.close === "stray") {
      void Promise.reject(new Error("stray"));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    if (init.close === "throw") throw new Error("cannot let go");
  },
}, { serial, capacity: 4 });
