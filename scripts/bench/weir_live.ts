import { Weir } from "../../src/app.ts";
import { benchStream } from "./bench_stream.ts";
import { delay } from "./delay.ts";

/** Live cameras for the product, and for how long. */
export interface WeirLiveOptions {
  urls: string[];
  model: string;
  seconds: number;
}

/** Every result: when main had it (Unix milliseconds), of which camera, and the number burned into its frame. */
export interface WeirLiveResult {
  results: [atMs: number, camera: number, counter: number][];
}

/** Runs the product over live cameras that play the `counter` scene. */
export async function weirLive({ urls, model, seconds }: WeirLiveOptions): Promise<WeirLiveResult> {
  await using weir = await Weir.start();
  const results: WeirLiveResult["results"] = [];
  weir.results$.subscribe(({ stream, outputs }) => {
    const { value } = outputs.counter as { value?: number };
    results.push([Date.now(), Number(stream), value ?? -1]);
  });
  for (const [n, url] of urls.entries()) {
    await weir.add(
      benchStream(String(n), { kind: "rtsp", url, transport: "tcp" }, {
        pipeline: [{ model }, { analyzer: "counter" }],
        mode: "latest",
      }),
    );
  }
  await delay(seconds * 1000);
  return { results };
}
