import type { FunctionComponent } from "preact";
import type { Role } from "../core/session.ts";
import { AddPage } from "./pages/add.tsx";
import { CapturesPage } from "./pages/captures.tsx";
import { EngagementPage } from "./pages/engagement.tsx";
import { ModelsPage } from "./pages/models.tsx";
import { PredictPage } from "./pages/predict.tsx";
import { StreamPage } from "./pages/stream.tsx";
import { SystemPage } from "./pages/system.tsx";
import { VitalsPage } from "./pages/vitals.tsx";
import { WallPage } from "./pages/wall.tsx";
import { WebcamPage } from "./pages/webcam.tsx";

/** One page of the console. */
export interface Page {
  /** The first part of its address; empty for the wall. */
  path: string;
  /** The key that goes there after `g`. */
  key?: string;
  /** In the menu; a page without it is reached from others. */
  name?: string;
  /** The least role that has a use for it. Default all. */
  needs?: Role;
  /** `rest`: the parts of the address after the page's own. */
  component: FunctionComponent<{ rest: readonly string[] }>;
}

/** Every page, in the order of the menu. */
export const pages: readonly Page[] = [
  { path: "", key: "w", name: "Wall", component: WallPage },
  { path: "streams", component: StreamPage },
  { path: "add", key: "a", name: "Add", needs: "operator", component: AddPage },
  { path: "webcam", key: "c", name: "Webcam", needs: "operator", component: WebcamPage },
  { path: "engagement", key: "e", name: "Engagement", needs: "operator", component: EngagementPage },
  { path: "vitals", key: "v", name: "Vitals", needs: "operator", component: VitalsPage },
  { path: "predict", key: "p", name: "Predict", component: PredictPage },
  { path: "captures", key: "k", name: "Captures", component: CapturesPage },
  { path: "models", key: "m", name: "Models", component: ModelsPage },
  { path: "system", key: "s", name: "System", component: SystemPage },
];
