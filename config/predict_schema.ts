import { z } from "zod";
import { nameSchema, pipelineSchema } from "./schema.ts";

/** Several models as one, for single images. */
const imagePipelineSchema = pipelineSchema.superRefine((steps, context) => {
  if (steps.length === 0) context.addIssue({ code: "custom", message: "a pipeline has one model at least" });
  const last = steps.at(-1);
  if (last && "publish" in last && last.publish === false) {
    const message = "what the last step says is the answer: it must be published";
    context.addIssue({ code: "custom", path: [steps.length - 1, "publish"], message });
  }
  steps.forEach((step, index) => {
    if ("model" in step) return;
    const message = "an image has no past: only models go here";
    context.addIssue({ code: "custom", path: [index, "analyzer"], message });
  });
});

/** What /predict offers besides the models themselves. */
export const predictSchema = z.strictObject({
  pipelines: z.record(nameSchema, imagePipelineSchema).default({}).describe(
    "Several models as one, each on what another found, by the name that a request gives for its model",
  ),
  default: nameSchema.optional().describe(
    "The pipeline that is meant where a request names none; else inference.defaultModel",
  ),
}).superRefine(({ pipelines, default: named }, context) => {
  if (named === undefined || named in pipelines) return;
  const message = `there is no pipeline ${named}: there are ${Object.keys(pipelines).join(", ") || "none"}`;
  context.addIssue({ code: "custom", path: ["default"], message });
});
