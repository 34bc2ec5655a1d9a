import { call } from "../api/client.ts";
import type { FieldFault } from "../../core/service_error.ts";
import type { Change } from "./parse_change.ts";
import { type JsonSchema, schemaFaults } from "./schema_faults.ts";

/** What the server says that changes and analyzers look like. */
export interface KnownSchemas {
  /** The API's document: references point into it. */
  document: JsonSchema;
  patch: JsonSchema;
  analyzers: ReadonlyMap<string, JsonSchema>;
}

interface Document {
  paths: Record<
    string,
    {
      patch: {
        requestBody: { content: Record<string, { schema: JsonSchema }> };
      };
    }
  >;
}

/** Asks the server; what it does not say is not judged here. */
export async function knownSchemas(signal: AbortSignal): Promise<KnownSchemas> {
  const [document, capabilities] = await Promise.all([
    call<Document & JsonSchema>("GET", "/openapi.json", undefined, { signal }),
    call<{ analyzers: { kind: string; schema: JsonSchema }[] }>(
      "GET",
      "/api/v1/capabilities",
      undefined,
      { signal },
    ),
  ]);
  const { schema } = document.paths["/api/v1/streams/{id}"].patch.requestBody
    .content["application/json"];
  return {
    document,
    patch: schema,
    analyzers: new Map(
      capabilities.analyzers.map(({ kind, schema }) => [kind, schema]),
    ),
  };
}

/** What the server would not take of a change, as far as its schemas tell. */
export function changeFaults(
  change: Change,
  { document, patch, analyzers }: KnownSchemas,
): FieldFault[] {
  if (Object.keys(change).length === 0) return [];
  const found = schemaFaults(change, patch, document);
  if (found.length > 0 || !Array.isArray(change.pipeline)) return found;
  return change.pipeline.flatMap((step, index) => {
    if (!("analyzer" in step)) return [];
    const { analyzer, name: _name, ...options } = step;
    const schema = analyzers.get(analyzer);
    const path = `pipeline.${index}`;
    if (!schema) {
      const known = [...analyzers.keys()].join(", ");
      return [{
        path: `${path}.analyzer`,
        message: `no analyzer is called ${analyzer}; there are: ${known}`,
      }];
    }
    return schemaFaults(options, schema, schema).map((fault) => ({
      ...fault,
      path: `${path}.${fault.path}`,
    }));
  });
}
