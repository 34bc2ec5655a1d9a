import { z } from "zod";
import type { Analyzer, AnalyzerFrame, RaisedAlert } from "../core/analyzer.ts";
import { evaluate } from "./alert_evaluation.ts";
import { type Expression, parseCondition, stepsOf } from "./alert_expression.ts";
import { messageOf, type MessageTemplate, parseMessage } from "./alert_message.ts";
import { ExpressionError } from "./alert_tokens.ts";
import type { StepReference } from "./step_references.ts";
import { TrackClock } from "./track_clock.ts";

/** Assumed between two frames whose times say nothing. */
const INTERVAL_MS = 40;

const pictureSchema = z.strictObject({
  width: z.int().min(64).max(1920).default(640).describe("Pixels; never more than the source has"),
  quality: z.int().min(1).max(100).default(80).describe("1 (small) to 100 (faithful)"),
  overlay: z.boolean().default(true).describe("Whether the frame's results are drawn on it"),
});

const seconds = (most: number) => z.number().min(0).max(most);

/** A text that must parse, told where it does not. */
function parsed(text: z.ZodString, parse: (text: string) => unknown) {
  return text.superRefine((value, context) => {
    try {
      parse(value);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      context.addIssue({ code: "custom", message: error.message });
    }
  });
}

/** Options of {@link Alert}. */
export const alertSchema = z.strictObject({
  when: parsed(z.string().min(1).max(500), parseCondition).describe(
    'A condition over the outputs of earlier steps: zones.box.count > 3 && !presence.has_person, any(detect, "car", 0.5)',
  ),
  forS: seconds(86_400).default(0).describe("It must hold for so long, seconds"),
  cooldownS: seconds(604_800).default(30).describe("After an alert there is no other for so long, seconds"),
  repeat: z.boolean().default(false).describe(
    "Whether it tells again after every cool-down while the condition goes on holding; else only when it holds anew",
  ),
  message: parsed(z.string().min(1).max(500), parseMessage).optional().describe(
    "What people are told, with values in braces: {zones.box.count} in the box; default the condition",
  ),
  picture: z.union([z.boolean(), pictureSchema]).default(true).describe(
    "Whether and how the frame goes along as a JPEG",
  ),
}).meta({
  examples: [{
    when: "zones.box.count > 3",
    forS: 2,
    cooldownS: 30,
    message: "{zones.box.count} players in the box",
  }],
});

/** Parsed options of {@link Alert}. */
export type AlertOptions = z.output<typeof alertSchema>;

/** What {@link Alert} says of a frame. */
export type AlertOutput = {
  /** Whether the condition holds in this frame. */
  holds: boolean;
  /** For how long it has held, seconds. */
  holdsS?: number;
  /** How often people were told. */
  fired: number;
  /** What they are told of this frame. */
  message?: string;
};

/** Tells people when a condition over the outputs comes true. */
export class Alert implements Analyzer {
  #clock = new TrackClock(INTERVAL_MS);
  #condition: Expression;
  #message: MessageTemplate;
  #picture: RaisedAlert["picture"];
  #sinceMs: number | undefined;
  /** People know already that it holds. */
  #told = false;
  #toldMs = -Infinity;
  #fired = 0;

  constructor(private readonly options: AlertOptions) {
    const { when, message, picture } = options;
    this.#condition = parseCondition(when);
    this.#message = message === undefined ? [when] : parseMessage(message);
    if (picture !== false) this.#picture = pictureSchema.parse(picture === true ? {} : picture);
  }

  push({ info, outputs, alert }: AnalyzerFrame): AlertOutput {
    const { nowMs } = this.#clock.push(info.ptsUs);
    const { forS, cooldownS, repeat } = this.options;
    const holds = evaluate(this.#condition, outputs) === true;
    if (!holds) {
      this.#sinceMs = undefined;
      this.#told = false;
      return { holds, fired: this.#fired };
    }
    this.#sinceMs ??= nowMs;
    const heldMs = nowMs - this.#sinceMs;
    const due = heldMs >= forS * 1000 && nowMs - this.#toldMs >= cooldownS * 1000 && (repeat || !this.#told);
    const message = due ? messageOf(this.#message, outputs) : undefined;
    if (message !== undefined) {
      this.#told = true;
      this.#toldMs = nowMs;
      this.#fired++;
      alert?.({ message, ...(this.#picture && { picture: this.#picture }) });
    }
    const holdsS = Math.round(heldMs) / 1000;
    return { holds, holdsS, fired: this.#fired, ...(message !== undefined && { message }) };
  }

  reset(): void {
    this.#clock.reset();
    this.#sinceMs = undefined;
    this.#told = false;
  }
}

/** Alerts as the registry of analyzers lists them. */
export const alert = {
  kind: "alert",
  describe: "tells people when a condition over the outputs comes true, with the frame attached",
  schema: alertSchema,
  create: (options: AlertOptions) => new Alert(options),
  refersTo: ({ when, message = "" }: AlertOptions): StepReference[] => {
    const told = parseMessage(message).flatMap((part) => typeof part === "string" ? [] : stepsOf(part));
    return [
      ...stepsOf(parseCondition(when)).map(({ step, key }) => ({ to: step, key, path: ["when"] })),
      ...told.map(({ step, key }) => ({ to: step, key, path: ["message"] })),
    ];
  },
};
