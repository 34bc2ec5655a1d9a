import { live } from "../api/live.ts";
import { ResultFeed } from "./result_feed.ts";

/** The results of all streams that this page shows. */
export const feed = new ResultFeed(live);
