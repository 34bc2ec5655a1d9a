import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { session } from "../api/session.ts";
import { type Page, pages } from "../pages.ts";
import { hrefTo, place } from "../router.ts";
import { identity, refusedTo } from "../state/identity.ts";
import { theme, turnTheme } from "../state/theme.ts";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { Empty } from "../ui/note.tsx";
import { Toasts } from "../ui/toasts.tsx";
import { ConnectionBanner, ConnectionSign } from "./connection.tsx";
import { leave } from "./leave.ts";
import { NotAllowed } from "./not_allowed.tsx";
import { Shortcuts, showShortcuts } from "./shortcuts.tsx";
import { SignIn } from "./sign_in.tsx";

/** What is around every page: the menu, how the server is doing, and the page itself. */
export function Shell() {
  const [path = "", ...rest] = place.value;
  const page = pages.find((page) => page.path === path);
  const main = useRef<HTMLElement>(null);
  const menuButton = useRef<HTMLSpanElement>(null);
  const first = useRef(true);
  const [menu, setMenu] = useState(false);
  const where = place.value.join("/");
  // At once: the focus must not be taken from where somebody has gone meanwhile.
  useLayoutEffect(() => {
    setMenu(false);
    const parts = [rest[0], page?.name].filter((part) => part !== undefined);
    document.title = [...parts, "Weir"].join(" · ");
    // Those who listen to the page hear where they are; at its start the browser says so itself.
    if (!first.current) main.current?.querySelector<HTMLElement>("h1")?.focus();
    first.current = false;
    scrollTo(0, 0);
  }, [where]);
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to the page
      </a>
      <header class="top">
        <a class="brand" href={hrefTo()}>
          <Mark /> Weir
        </a>
        <nav
          id="pages"
          aria-label="Pages"
          class={menu ? "open" : ""}
          onKeyDown={(event) => {
            if (event.key !== "Escape" || !menu) return;
            setMenu(false);
            menuButton.current?.querySelector("button")?.focus();
          }}
        >
          {pages.filter(({ name }) => name !== undefined).map((page) => (
            <a
              key={page.path}
              href={hrefTo(...(page.path ? [page.path] : []))}
              aria-current={page.path === path ? "page" : undefined}
              onClick={() => setMenu(false)}
            >
              {page.name}
            </a>
          ))}
        </nav>
        <div class="top-end">
          <ConnectionSign />
          <Button
            kind="quiet"
            onClick={turnTheme}
            aria-label={`Theme: ${theme.value}`}
            title={`Theme: ${theme.value} (t)`}
          >
            <Icon name={theme.value} />
          </Button>
          <Button
            kind="quiet"
            onClick={showShortcuts}
            aria-label="Keys"
            title="Keys (?)"
          >
            <Icon name="keys" />
          </Button>
          <Who />
          <span class="menu" ref={menuButton}>
            <Button
              kind="quiet"
              aria-label="Pages"
              title="Pages"
              aria-expanded={menu}
              aria-controls="pages"
              onClick={() => setMenu(!menu)}
            >
              <Icon name="menu" />
            </Button>
          </span>
        </div>
      </header>
      <ConnectionBanner />
      <main id="main" ref={main} tabIndex={-1}>
        {session.value.refused !== undefined ? <SignIn /> : <Place key={where} page={page} rest={rest} />}
      </main>
      <Toasts />
      <Shortcuts />
    </>
  );
}

function Place({ page, rest }: { page: Page | undefined; rest: readonly string[] }) {
  if (!page) {
    return (
      <Empty
        page
        title="There is no such page"
        actions={<a class="button" href={hrefTo()}>To the wall</a>}
      />
    );
  }
  const why = page.needs && refusedTo(page.needs);
  return why === undefined ? <page.component rest={rest} /> : <NotAllowed title={page.name!} why={why} />;
}

/** Who is signed in, and the way out. */
function Who() {
  if (session.value.token === undefined || session.value.refused !== undefined) return null;
  const known = identity.value;
  const until = known?.expiresAt && `, until ${new Date(known.expiresAt).toLocaleString("en-GB")}`;
  return (
    <>
      {known && <span class="who faint small">{known.role}</span>}
      <Button kind="quiet" onClick={leave} title={known && `You are ${known.id}, ${known.role}${until ?? ""}`}>
        Sign out
      </Button>
    </>
  );
}

function Mark() {
  return (
    <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
      <path d="M2 7c3 0 3 2 5.5 2S10.5 7 13 7s3 2 5.5 2S21 8 22 7" />
      <path d="M5 13h14M7 17h10M9 21h6" />
    </svg>
  );
}
