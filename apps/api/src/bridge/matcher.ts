/** Finds a route by its path: whole paths by one look-up, paths with parameters segment by segment. */
import type { Route } from './route.ts';

export interface Match {
  /** The routes of this path, by method. */
  routes: ReadonlyMap<string, Route>;
  /** Values of the path parameters in their order, still percent-encoded. */
  params: string[];
}

interface Node {
  literal: Map<string, Node>;
  parameter: Node | undefined;
  routes: Map<string, Route>;
}

const newNode = (): Node => ({ literal: new Map(), parameter: undefined, routes: new Map() });

/** Makes a function from the path below `/api/v1` to what is there. */
export function createMatcher(routes: readonly Route[]): (path: string) => Match | undefined {
  const fixed = new Map<string, Match>();
  const root = newNode();
  for (const route of routes) {
    const { path } = route.definition;
    let node = root;
    for (const segment of path.split('/').slice(1)) node = child(node, segment);
    node.routes.set(route.method, route);
    if (route.params.length === 0) fixed.set(path, { routes: node.routes, params: [] });
  }
  return (path) => fixed.get(path) ?? find(root, path.split('/'), 1, []);
}

function child(node: Node, segment: string): Node {
  if (segment.startsWith('{')) {
    node.parameter ??= newNode();
    return node.parameter;
  }
  const next = node.literal.get(segment) ?? newNode();
  node.literal.set(segment, next);
  return next;
}

/** A literal segment wins over a parameter, where both lead to a route. */
function find(node: Node, segments: string[], index: number, params: string[]): Match | undefined {
  if (index === segments.length) return node.routes.size > 0 ? { routes: node.routes, params } : undefined;
  const segment = segments[index] as string;
  const next = node.literal.get(segment);
  const found = next && find(next, segments, index + 1, params);
  if (found || !node.parameter || segment === '') return found;
  return find(node.parameter, segments, index + 1, [...params, segment]);
}
