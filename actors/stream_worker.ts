import { readPlugin, registerPlugin } from "../src/analyzers/plugin.ts";
import { livePictures, onPictureLeak } from "../streams/av/picture.ts";
import { carriedOver } from "../streams/carried_over.ts";
import { Keeping } from "../streams/keeping.ts";
import { Memories } from "../streams/memories.ts";
import { SharedAnswers, type SharedAnswersOptions } from "../streams/shared_answers.ts";
import { Inlet } from "../streams/sources/inlet.ts";
import { sourceNamed } from "../streams/sources/registry.ts";
import { SourceRules } from "../streams/sources/source_rules.ts";
import type { ActorContext } from "./actor.ts";
import { promptThread } from "./prompt_thread.ts";
import type { FromStreams, ToStreams } from "./protocol.ts";
import { Signals } from "./signals.ts";
import { Steps } from "./steps.ts";
import { StillPipelines } from "./still_pipelines.ts";
import { Stills } from "./stills.ts";
import { StreamTask } from "./stream_task.ts";
import { thumbnail } from "./thumbnails.ts";
import { TurnClient } from "./turn_client.ts";
import { hostActor } from "./worker_host.ts";

/** What a stream worker is started with. */
export interface StreamWorkerInit {
  dispatcher: MessagePort;
  answerTimeoutMs: number;
  /** Where images' answers are remembered together with other servers. */
  sharedAnswers?: SharedAnswersOptions;
  /** Files of analyzers that do not come with Weir. */
  plugins?: readonly string[];
}

const tasks = new Map<string, StreamTask>();
/** Of the streams that are sent their frames. */
const inlets = new Map<string, Inlet>();
const steps = new Steps();
const signals = new Signals();
const models = new Map<number, string>();
let turns: TurnClient;
let stills: Stills;
let stillPipelines: StillPipelines;
let answers: SharedAnswers | undefined;

hostActor<StreamWorkerInit, ToStreams, FromStreams>({
  async start(init, context) {
    promptThread();
    turns = new TurnClient({
      dispatcher: init.dispatcher,
      answerTimeoutMs: init.answerTimeoutMs,
      onOverdue: (replica) => context.emit({ type: "overdue", replica, model: models.get(replica) ?? "" }),
    });
    stills = new Stills(turns);
    answers = init.sharedAnswers && new SharedAnswers(init.sharedAnswers);
    stillPipelines = new StillPipelines(turns, steps, answers);
    onPictureLeak(({ width, height }) => context.emit({ type: "leak", what: `a picture of ${width}x${height}` }));
    for (const file of init.plugins ?? []) registerPlugin(await readPlugin(file));
  },
  handle(message, context) {
    switch (message.type) {
      case "dispatcher":
        return turns.setDispatcher(message.port);
      case "replica":
        models.set(message.replica, message.model);
        return turns.addReplica(message.replica, message.port, message);
      case "gone":
        models.delete(message.replica);
        return turns.removeReplica(message.replica, message.reason);
      case "hopeless":
        return turns.refuse(message.model, message.reason);
      case "unloaded":
        stills.forget(message.model);
        stillPipelines.forget(message.model);
        turns.forgetModel(message.model);
        return steps.forget(message.model);
      case "add":
        return add(message, context);
      // A stream may be gone while a frame is on its way to it.
      case "sender":
        return inlets.get(message.id)?.setSender(message.sender, message.credits);
      case "push":
        return inlets.get(message.id)?.push(message.sender, message.frame);
      // Who watches need not know that the stream is gone.
      case "watch":
        return tasks.get(message.id)?.pictures.watch(message.wanted);
      case "picture":
        return tasks.get(message.id)?.pictures.once(message.picture, message.wanted);
      case "pictureTaken":
        return tasks.get(message.id)?.pictures.taken();
      case "captureTaken":
        return tasks.get(message.id)?.keeping.taken();
      case "still":
        return stills.run(message.question, context.signal);
      case "stillPipeline":
        return stillPipelines.run(message.question, context.signal);
      case "thumbnail":
        return thumbnail(message.question, context.signal);
      case "signal":
        return signals.run(message.question);
      case "statuses":
        return [...tasks.values()].map((task) => task.status());
      case "trials":
        return steps.trials.read();
      case "usage":
        return {
          ...livePictures(),
          poolBytes: steps.boundBytes,
        };
    }
    const task = tasks.get(message.id);
    // Nobody waits for an answer to this, and a stream that has just gone need not be held.
    if (!task && message.type === "hold") return;
    if (!task) throw new RangeError(`There is no stream called ${message.id} in this worker`);
    switch (message.type) {
      case "status":
        return task.status();
      case "pause":
        return task.pause();
      case "resume":
        return task.resume();
      case "restart":
        return task.restart();
      case "reconfigure":
        return reconfigure(task, message);
      case "order":
        return task.memories.order(message.step, message.order);
      case "hold":
        return task.hold(message.held);
      case "stop":
        return task.stop();
      case "remove":
        tasks.delete(message.id);
        inlets.get(message.id)?.[Symbol.dispose]();
        inlets.delete(message.id);
        return task.stop().finally(() => turns.forget(message.id));
    }
  },
  async close() {
    for (const inlet of inlets.values()) inlet[Symbol.dispose]();
    await Promise.all([...tasks.values()].map((task) => task.stop()));
    turns[Symbol.dispose]();
    stills[Symbol.dispose]();
    stillPipelines[Symbol.dispose]();
    answers?.[Symbol.dispose]();
    steps[Symbol.dispose]();
  },
});

function add(
  message: Extract<ToStreams, { type: "add" }>,
  context: ActorContext<FromStreams>,
): void {
  const { registration, extras, from } = message;
  const { id } = registration;
  if (tasks.has(id)) throw new Error(`There is a stream called ${id} already`);
  const plugin = sourceNamed(registration.source.kind);
  const made = steps.make(registration.pipeline, message.models);
  const inlet = plugin.pushed ? makeInlet(id, context) : undefined;
  const rules = extras.sourceRules && new SourceRules(extras.sourceRules);
  const keeping = new Keeping({
    stream: id,
    place: extras.keeping,
    emitFrame: (capture) => context.emit({ type: "capture", capture }, [capture.image.buffer as ArrayBuffer]),
    emitClip: (clip) => context.emit({ type: "clip", clip }),
  });
  const task = new StreamTask({
    registration,
    steps: made,
    turns,
    extras,
    from,
    finite: plugin.ends ?? false,
    patient: plugin.pushed ?? false,
    inputBytes: steps.inputBytes(made),
    open: () => plugin.open(registration.source, { stream: id, inlet, rules, tap: keeping.tap }),
    keeping,
    memories: new Memories({
      recalled: extras.memories,
      emit: (step, memory) => context.emit({ type: "memory", stream: id, step, memory }),
    }),
    onOverstay: () => context.emit({ type: "overstay", stream: id }),
    onPicture: (picture) => context.emit({ type: "picture", picture }, [picture.jpeg.buffer as ArrayBuffer]),
  });
  tasks.set(id, task);
  task.events$.subscribe((event) => {
    context.emit(event);
    if (event.type === "result") inlet?.used(event.seq);
  });
  task.start();
}

/** What cannot be made is refused before anything has changed. */
function reconfigure(
  task: StreamTask,
  { registration, models }: Extract<ToStreams, { type: "reconfigure" }>,
): Promise<void> {
  const { pipeline } = registration;
  const made = steps.make(pipeline, models);
  return task.reconfigure((before) => {
    const old = { pipeline: before.registration.pipeline, steps: before.steps };
    const carried = carriedOver(old, { pipeline, steps: made });
    return { registration, steps: carried, inputBytes: steps.inputBytes(carried) };
  });
}

function makeInlet(id: string, context: ActorContext<FromStreams>): Inlet {
  const inlet = new Inlet({
    grant: (sender, credits) => context.emit({ type: "credit", stream: id, sender, credits }),
    refuse: (sender, fault) => context.emit({ type: "refused", stream: id, sender, ...fault }),
    renew: () => tasks.get(id)?.restart(),
  });
  inlets.set(id, inlet);
  return inlet;
}
