import type { Weir } from "../app.ts";
import { ServiceError } from "../core/service_error.ts";
import type { IngestService, Sender, SenderEvents } from "../core/services.ts";

/** The way of webcams into Weir's streams. */
export class Ingest implements IngestService {
  constructor(private readonly weir: Weir) {}

  open(id: string, on: SenderEvents): Promise<Sender> {
    return Promise.resolve().then(() => {
      if (!this.weir.list().includes(id)) throw new ServiceError("not_found", `There is no stream called ${id}`);
      try {
        return this.weir.openSender(id, on);
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        throw new ServiceError("conflict", error.message, { cause: error });
      }
    });
  }
}
