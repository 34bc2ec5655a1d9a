export { didYouMean, suggest } from "../core/suggest.ts";
