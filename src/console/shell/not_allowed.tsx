import { Button } from "../ui/button.tsx";
import { Empty } from "../ui/note.tsx";
import { leave } from "./leave.ts";

/** In the place of a page that its visitor has no use for: why, before he has filled anything in. */
export function NotAllowed({ title, why }: { title: string; why: string }) {
  return (
    <Empty page title={title} actions={<Button onClick={leave}>Use another token</Button>}>
      {`${why}. Whoever runs this server can give you a token for more.`}
    </Empty>
  );
}
