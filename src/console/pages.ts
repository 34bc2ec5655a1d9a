import type { FunctionComponent } from "preact";
import { StreamPage } from "./pages/stream.tsx";
import { WallPage } from "./pages/wall.tsx";

/** One page of the console. */
export interface Page {
  /** The first part of its address; empty for the wall. */
  path: string;
  /** The key that goes there after `g`. */
  key?: string;
  /** In the menu; a page without it is reached from others. */
  name?: string;
  /** `rest`: the parts of the address after the page's own. */
  component: FunctionComponent<{ rest: readonly string[] }>;
}

/** Every page, in the order of the menu. */
export const pages: readonly Page[] = [
  { path: "", key: "w", name: "Wall", component: WallPage },
  { path: "streams", component: StreamPage },
];
