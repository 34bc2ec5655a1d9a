import type { PredictFigures } from "../core/services.ts";
import type { Metrics } from "./metrics.ts";

/** What became of single images, and how many are under way. */
export function predictMetrics(metrics: Metrics, figures: () => PredictFigures | undefined): void {
  metrics.asked({
    type: "counter",
    name: "weir_predict_images_total",
    help: "Images of /predict by what became of them: answered, or the code of why not.",
    labels: ["outcome"],
    read(say) {
      for (const [outcome, count] of Object.entries(figures()?.outcomes ?? {})) say(count, { outcome });
    },
  });
  metrics.asked({
    type: "gauge",
    name: "weir_predict_places_taken",
    help: "Places for images of /predict that are taken.",
    read(say) {
      const known = figures();
      if (known) say(known.taken, {});
    },
  });
}
