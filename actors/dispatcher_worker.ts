import { Dispatcher } from "./dispatcher.ts";
import type { ToDispatcher } from "./protocol.ts";
import { promptThread } from "./prompt_thread.ts";
import { hostActor } from "./worker_host.ts";

const dispatcher = new Dispatcher();

hostActor<undefined, ToDispatcher, never>({
  start: promptThread,
  handle(message) {
    if (message.type === "streams") dispatcher.addStreams(message.worker, message.port);
    else if (message.type === "streamsGone") dispatcher.removeStreams(message.worker);
    else if (message.type === "replica") {
      dispatcher.addReplica(message.replica, message.model, message.port, message.turn);
    } else if (message.type === "gone") dispatcher.removeReplica(message.replica);
    else return dispatcher.depths();
  },
  close: () => dispatcher.close(),
});
