import { hrefTo } from "../router.ts";
import { now } from "../state/now.ts";
import { bytesText, countText, durationText } from "../ui/format.ts";
import { Badge } from "../ui/state_badge.tsx";
import type { TreeNode } from "./supervision_tree.ts";

/** The supervision tree: every line one thing that is kept running. */
export function TreeView({ root }: { root: TreeNode }) {
  return (
    <ul class="tree">
      <Branch node={root} />
    </ul>
  );
}

function Branch({ node }: { node: TreeNode }) {
  const { children } = node;
  return (
    <li>
      <Line node={node} />
      {children.length > 0 && (
        <ul>
          {children.map((child) => <Branch key={child.key} node={child} />)}
        </ul>
      )}
    </li>
  );
}

function Line({ node }: { node: TreeNode }) {
  const {
    name,
    stream,
    state,
    tone,
    sinceMs,
    restarts = 0,
    nextAttemptMs,
    cause,
    mailbox,
    memoryBoundBytes,
  } = node;
  const facts = [
    sinceMs !== undefined && `for ${durationText(now.value - sinceMs)}`,
    restarts > 0 &&
    `${countText(restarts)} ${restarts === 1 ? "restart" : "restarts"}`,
    nextAttemptMs !== undefined &&
    `next try in ${durationText(nextAttemptMs - now.value)}`,
    mailbox && `mailbox ${mailbox.depth} of ${mailbox.capacity}`,
    mailbox && mailbox.dropped > 0 && `${countText(mailbox.dropped)} dropped`,
    memoryBoundBytes !== undefined && memoryBoundBytes > 0 &&
    `at most ${bytesText(memoryBoundBytes)}`,
  ].filter((fact) => typeof fact === "string");
  return (
    <div class="line">
      {stream === undefined
        ? <span class="name">{name}</span>
        : <a class="name" href={hrefTo("streams", stream)}>{name}</a>}
      <Badge tone={tone} text={state} />
      <span class="faint small">{facts.join(" · ")}</span>
      {cause !== undefined && <span class="cause small">{cause}</span>}
    </div>
  );
}
