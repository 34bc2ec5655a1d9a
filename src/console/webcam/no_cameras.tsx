import { Empty } from "../ui/note.tsx";
import { PageHead } from "../ui/panel.tsx";

/** Browsers hide cameras from pages that came over an open network. */
export function NoCameras({ title }: { title: string }) {
  const local = `http://localhost:${location.port || 80}/${location.hash}`;
  return (
    <>
      <PageHead title={title} />
      <Empty title="This browser keeps its cameras from this page">
        Browsers give cameras to pages over HTTPS and on the server's own machine only. On this machine, open{" "}
        <a href={local}>{local}</a>. For phones and others, set <code>server.tls</code>{" "}
        in Weir's configuration, or put a proxy with a certificate before it.
      </Empty>
    </>
  );
}
