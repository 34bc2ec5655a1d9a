import { useEffect, useRef, useState } from "preact/hooks";
import type { MediaEntry, MediaPage } from "../../core/services.ts";
import { call } from "../api/client.ts";
import { Button } from "../ui/button.tsx";
import { bytesText } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import { Empty, ErrorNote, Loading } from "../ui/note.tsx";

/** The server's videos, folder by folder; one that is chosen is handed over as the path that plays it. */
export function MediaBrowser({ chosen, onChoose }: { chosen: string; onChoose(path: string): void }) {
  const [page, setPage] = useState<MediaPage | undefined>();
  const [error, setError] = useState<unknown>();
  const [folder, open] = useState("");
  const asking = useRef(new AbortController());

  const ask = async (after?: MediaEntry) => {
    asking.current.abort();
    const { signal } = asking.current = new AbortController();
    setError(undefined);
    try {
      const next = await call<MediaPage>("GET", addressOf(folder, after), undefined, { signal });
      setPage((before) => after && before ? { ...next, entries: [...before.entries, ...next.entries] } : next);
    } catch (thrown) {
      if (!signal.aborted) setError(thrown);
    }
  };
  useEffect(() => {
    void ask();
    return () => asking.current.abort();
  }, [folder]);

  if (error !== undefined) return <ErrorNote error={error} retry={() => void ask()} />;
  if (!page) return <Loading what="Looking for videos" />;
  if (!page.configured) return <NoMediaRoot />;
  const { entries, more } = page;
  return (
    <section class="media" aria-label="Videos at the server">
      <Crumbs path={page.path} onOpen={open} />
      {entries.length === 0 ? <p class="faint">There is no video in this folder.</p> : (
        <ul>
          {entries.map((entry) => (
            <li key={`${entry.kind} ${entry.name}`}>
              <Entry
                entry={entry}
                chosen={entry.source?.path === chosen}
                onPress={() => entry.source ? onChoose(entry.source.path) : open(entry.path)}
              />
            </li>
          ))}
        </ul>
      )}
      {more && <Button kind="quiet" onClick={() => void ask(entries.at(-1))}>Show more</Button>}
    </section>
  );
}

function Entry({ entry: { kind, name, bytes }, chosen, onPress }: {
  entry: MediaEntry;
  chosen: boolean;
  onPress(): void;
}) {
  return (
    <button type="button" aria-pressed={kind === "file" ? chosen : undefined} onClick={onPress}>
      <Icon name={kind === "folder" ? "folder" : "film"} />
      <span class="name">{name}</span>
      {kind === "folder" && <span class="unseen">, a folder</span>}
      {bytes !== undefined && <span class="faint small">{bytesText(bytes)}</span>}
    </button>
  );
}

/** The way from the root to the folder that is shown. */
function Crumbs({ path, onOpen }: { path: string; onOpen(path: string): void }) {
  const parts = path === "" ? [] : path.split("/");
  return (
    <nav aria-label="Folders above" class="row">
      <Button kind="quiet" aria-current={parts.length === 0 ? "location" : undefined} onClick={() => onOpen("")}>
        Media root
      </Button>
      {parts.map((part, index) => (
        <>
          <span aria-hidden="true" class="faint">/</span>
          <Button
            kind="quiet"
            aria-current={index === parts.length - 1 ? "location" : undefined}
            onClick={() => onOpen(parts.slice(0, index + 1).join("/"))}
          >
            {part}
          </Button>
        </>
      ))}
    </nav>
  );
}

function NoMediaRoot() {
  return (
    <Empty title="This server plays no files yet">
      Tell it where its videos are: start it with <code>--media-root /srv/media</code>, set <code>WEIR_MEDIA_ROOT</code>
      {" "}
      or write <code>sources.mediaRoot</code> into its configuration. Only what lies below can be played.
    </Empty>
  );
}

function addressOf(folder: string, after: MediaEntry | undefined): string {
  const query = new URLSearchParams({
    ...(folder !== "" && { path: folder }),
    ...(after && { after: after.kind === "folder" ? `${after.name}/` : after.name }),
  });
  return `/api/v1/media${query.size > 0 ? `?${query}` : ""}`;
}
