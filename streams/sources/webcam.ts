import { z } from "zod";
import type { DropCause } from "../../src/core/drops.ts";
import type { Arrival, Source, SourceEnd, SourceProperties, SourceSink } from "../../src/core/source.ts";
import { ImageError } from "../av/image_error.ts";
import { type ImageHeader, type ImageLimits, readImageHeader } from "../av/image_header.ts";
import { type Orientation, unmirrored } from "../av/orientation.ts";
import { StillDecoder } from "../av/still_decoder.ts";
import type { Inlet, PushedFrame, Receiver } from "./inlet.ts";
import { PushClock } from "./push_clock.ts";
import type { SourcePlugin } from "./registry.ts";

/** Pictures that somebody sends: a browser, a script, a phone. */
export const webcamSchema = z.strictObject({
  kind: z.literal("webcam"),
  maxPixels: z.int().min(1).max(2 ** 26).default(2 ** 24).describe("images of more pixels are refused undecoded"),
  maxWidth: z.int().min(1).max(16_384).default(8192).describe("wider images are refused, pixels"),
  maxHeight: z.int().min(1).max(16_384).default(8192).describe("higher images are refused, pixels"),
});

/** Configuration of a {@link webcam} source. */
export type WebcamConfig = z.infer<typeof webcamSchema>;

/** Webcams whose frames come over a WebSocket. */
export const webcam: SourcePlugin<WebcamConfig> = {
  kind: "webcam",
  describe: "a webcam that sends its frames here as JPEG, WebP or PNG over a WebSocket",
  schema: webcamSchema,
  pushed: true,
  redacted: () => "webcam",
  open(config, { stream, inlet }) {
    if (!inlet) throw new TypeError(`Cannot open the webcam ${stream}: nobody can send to it here`);
    // Defaults apply to whoever registers one in code, too.
    const complete = webcamSchema.parse(config);
    return { run: (sink, signal) => runWebcam(complete, inlet, sink, signal) } satisfies Source;
  },
};

/** Runs until it is aborted: a webcam that says nothing has not failed. */
async function runWebcam(
  config: WebcamConfig,
  inlet: Inlet,
  sink: SourceSink,
  signal: AbortSignal,
): Promise<SourceEnd> {
  if (signal.aborted) return "aborted";
  using reception = new Reception(config, inlet, sink);
  using _attached = inlet.attach(reception);
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  return "aborted";
}

/** One run's way from bytes to frames. */
class Reception implements Receiver, Disposable {
  #decoder: StillDecoder;
  #clock = new PushClock();
  #properties: SourceProperties | undefined;

  constructor(
    private readonly limits: ImageLimits,
    private readonly inlet: Inlet,
    private readonly sink: SourceSink,
  ) {
    this.#decoder = new StillDecoder(limits.maxPixels);
  }

  receive(frame: PushedFrame): void {
    const header = headerOf(frame, this.limits);
    if (header instanceof ImageError) {
      const { code, message } = header;
      this.#lose(frame, "undecodable", message);
      return this.inlet.refused({ code, message });
    }
    const orientation = orientationOf(frame, header);
    this.#open(propertiesOf(header, orientation));
    const { info, decode } = this.sink.arrived(this.#arrival(frame));
    const { seq } = info;
    this.inlet.waits(seq);
    if (!decode) return this.inlet.passed(seq);
    const picture = this.#decoder.picture({
      bytes: frame.bytes,
      header,
      orientation,
      released: (decoded) => decoded ? this.inlet.used(seq) : this.inlet.passed(seq),
    });
    // Whatever the policy, a sender is held back by its credits.
    void this.sink.decoded(info, picture);
  }

  overrun(arrivedAtMs: number): void {
    this.#lose({ arrivedAtMs }, "overflow", "A frame came without a credit");
  }

  [Symbol.dispose](): void {
    this.#decoder[Symbol.dispose]();
  }

  /** A frame that arrived, and that is all. */
  #lose(frame: Pick<PushedFrame, "arrivedAtMs" | "capturedAtMs">, cause: DropCause, reason: string): void {
    if (!this.#properties) this.#open(UNSEEN);
    const { info, decode } = this.sink.arrived(this.#arrival(frame));
    if (decode) this.sink.lost(info, cause, reason);
  }

  #arrival({ arrivedAtMs, capturedAtMs }: Pick<PushedFrame, "arrivedAtMs" | "capturedAtMs">): Arrival {
    const captured = capturedAtMs !== undefined && Math.abs(capturedAtMs) <= TIME_MAX_MS ? capturedAtMs : undefined;
    return {
      ptsUs: this.#clock.ptsUs(arrivedAtMs, captured),
      arrivedAtMs,
      ...(captured !== undefined && { capturedAtMs: captured }),
      role: "key",
    };
  }

  #open(properties: SourceProperties): void {
    const { codec, width, height } = this.#properties ?? UNSEEN;
    const same = properties.codec === codec && properties.width === width && properties.height === height;
    if (same && this.#properties) return;
    this.#properties = properties;
    this.sink.opened(properties);
  }
}

/** The latest and the earliest moment that a `Date` can hold. */
const TIME_MAX_MS = 8.64e15;
/** What is known before the first image that could be read. */
const UNSEEN: SourceProperties = { codec: "unknown", width: 0, height: 0, live: true, intraOnly: true };

function headerOf({ bytes }: PushedFrame, limits: ImageLimits): ImageHeader | ImageError {
  try {
    return readImageHeader(bytes, limits);
  } catch (error) {
    if (error instanceof ImageError) return error;
    throw error;
  }
}

/** What the sender says goes before what the image says. */
function orientationOf({ rotation, mirrored }: PushedFrame, { orientation }: ImageHeader): Orientation {
  const upright = rotation === undefined ? orientation : { mirrored: false, rotation };
  return mirrored ? unmirrored(upright) : upright;
}

function propertiesOf({ codec, width, height }: ImageHeader, { rotation }: Orientation): SourceProperties {
  const turned = rotation === 90 || rotation === 270;
  const size = turned ? { width: height, height: width } : { width, height };
  return { codec, ...size, live: true, intraOnly: true };
}
