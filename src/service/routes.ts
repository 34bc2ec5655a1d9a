import { captureRoutes } from "../api/capture_routes.ts";
import { consoleRoutes } from "../api/console_routes.ts";
import { driftRoutes } from "../api/drift_routes.ts";
import { docsRoutes } from "../api/docs/docs_routes.ts";
import { eventRoutes } from "../api/event_routes.ts";
import type { Guard } from "../api/guard.ts";
import { ingestRoutes } from "../api/ingest_routes.ts";
import { mediaRoutes } from "../api/media_routes.ts";
import { modelRoutes } from "../api/model_routes.ts";
import { pictureRoutes } from "../api/picture_routes.ts";
import { predictRoutes } from "../api/predict_routes.ts";
import type { Route } from "../api/route.ts";
import { sessionRoutes } from "../api/session_routes.ts";
import { createGuard } from "../api/security/guard.ts";
import { ticketRoutes, Tickets } from "../api/security/tickets.ts";
import { streamRoutes } from "../api/stream_routes.ts";
import { systemRoutes } from "../api/system_routes.ts";
import { uploadRoutes } from "../api/upload_routes.ts";
import { viewerRoutes } from "../api/viewer_routes.ts";
import { wsRoutes } from "../api/ws/ws_routes.ts";
import { patchSchema, registrationSchema, sourceSchema } from "../../config/schema.ts";
import type { Services } from "./services.ts";

/** Every way into the server, and who stands at the door. */
export function serverRoutes(services: Services): { routes: Route[]; guard: Guard } {
  const { models, registry, predict, streams, captures, pictures, ingest, probes, system, metrics } = services;
  const { hub, signal, config, log, version } = services.options;
  const onFault = (error: unknown) => log.error(error instanceof Error ? error.stack ?? error.message : `${error}`);
  const tickets = new Tickets({ now: () => performance.now() });
  const routes = [
    ...systemRoutes({
      system,
      metrics: (accept) => metrics.expose(accept),
    }),
    ...modelRoutes({ models, registry, modelBytes: config.limits.modelBytes }),
    ...predictRoutes({ predict, signals: services.signals, imageBytes: config.limits.imageBytes }),
    ...streamRoutes({
      streams,
      trials: streams,
      probe: probes,
      schemas: { registration: registrationSchema, patch: patchSchema, source: sourceSchema },
    }),
    ...mediaRoutes({ media: services.media }),
    ...uploadRoutes({ uploads: services.uploads, clipBytes: config.uploads.clipBytes }),
    ...eventRoutes({ hub, streams }),
    ...wsRoutes({ hub, streams, pictures, onFault }),
    ...captureRoutes({ captures, streams }),
    ...driftRoutes({ streams }),
    ...pictureRoutes({ pictures, streams, signal }),
    ...ingestRoutes({ ingest, streams, hub, signal, frameBytes: config.limits.frameBytes }),
    ...sessionRoutes(),
    ...ticketRoutes(tickets),
    ...consoleRoutes(),
    ...viewerRoutes(),
  ];
  routes.push(...docsRoutes({ routes, version }));
  const { server, auth, limits } = config;
  const onKeys = (failure: Error | undefined) => {
    if (failure) log.error(failure.message);
    else log.info("The keys of auth.jwt.jwks can be read again");
  };
  return { routes, guard: createGuard({ server, auth, limits, tickets, onKeys }) };
}
