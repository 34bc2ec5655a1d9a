import { Problem } from "./problem.ts";
import type { Route } from "./route.ts";

/** What answers at a path. */
export interface Match {
  /** By method. */
  routes: ReadonlyMap<string, Route>;
  /** The path's parameters as they were sent, decoded. */
  params: Record<string, string>;
}

interface Node {
  literals: Map<string, Node>;
  parameter?: Node;
  /** Names of the parameters on the way here; all routes of one path call them alike. */
  names: readonly string[];
  routes: Map<string, Route>;
}

/** Finds what answers at a path. A literal segment goes before a parameter; what a path costs grows with its length only. */
export class Matcher {
  readonly #root: Node = node([]);

  constructor(routes: readonly Route[]) {
    for (const route of routes) this.#add(route);
  }

  /** Undefined where nothing answers; throws a `Problem` for a path that cannot be decoded. */
  match(path: string): Match | undefined {
    const segments = segmentsOf(path).map(decoded);
    const values: string[] = [];
    const found = find(this.#root, segments, values);
    if (!found) return undefined;
    const params = Object.fromEntries(found.names.map((name, index) => [name, values[index]]));
    return { routes: found.routes, params };
  }

  #add(route: Route): void {
    let at = this.#root;
    for (const segment of segmentsOf(route.path)) {
      const name = /^\{(\w+)\}$/.exec(segment)?.[1];
      if (name === undefined) {
        const next = at.literals.get(segment) ?? node(at.names);
        at.literals.set(segment, next);
        at = next;
      } else {
        at.parameter ??= node([...at.names, name]);
        at = at.parameter;
        if (at.names.at(-1) !== name) {
          throw new TypeError(`Cannot route ${route.path}: {${name}} is called {${at.names.at(-1)}} in another route`);
        }
      }
    }
    const { method } = route;
    if (at.routes.has(method)) throw new TypeError(`Cannot route ${method} ${route.path}: it is there already`);
    at.routes.set(method, route);
  }
}

function node(names: readonly string[]): Node {
  return { literals: new Map(), names, routes: new Map() };
}

/** Goes back to the parameter where a literal leads nowhere: `/streams/{id}/ws` also holds for a stream called "x". */
function find(at: Node, segments: readonly string[], values: string[], index = 0): Node | undefined {
  if (index === segments.length) return at.routes.size > 0 ? at : undefined;
  const segment = segments[index];
  const literal = at.literals.get(segment);
  const found = literal && find(literal, segments, values, index + 1);
  if (found) return found;
  if (!at.parameter || segment === "") return undefined;
  values.push(segment);
  const below = find(at.parameter, segments, values, index + 1);
  if (!below) values.pop();
  return below;
}

/** One slash at the end makes no difference. */
function segmentsOf(path: string): string[] {
  const segments = path.split("/").slice(1);
  if (segments.at(-1) === "") segments.pop();
  return segments;
}

function decoded(segment: string): string {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch (cause) {
    throw new Problem(
      "malformed",
      "The path holds a % that no two hexadecimal digits of UTF-8 follow; write % as %25",
      {
        cause,
      },
    );
  }
}
