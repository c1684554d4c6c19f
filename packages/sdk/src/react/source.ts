/** How hooks read what changes outside of React: a component renders again only where a field of what it reads is another one. */
import { useSyncExternalStore } from 'react';

/** Something that is read and tells of its changes. Make it once, with `useMemo`. */
export interface Source<T> {
  readonly subscribe: (changed: () => void) => () => void;
  /** The same reference as long as nothing changed. */
  readonly read: () => T;
  /** What a server renders, and a page until it is hydrated. */
  readonly empty: T;
}

/** What the source says now. */
export function useSource<T>({ subscribe, read, empty }: Source<T>): T {
  return useSyncExternalStore(subscribe, read, () => empty);
}

/** A source of several fields, which are compared one by one. */
export function fields<T extends object>(
  subscribe: Source<T>['subscribe'],
  readAll: () => T,
  empty: T,
): Source<T> {
  let last: T | null = null;
  const read = () => {
    const now = readAll();
    if (!last || !sameFields(last, now)) last = now;
    return last;
  };
  return { subscribe, read, empty };
}

function sameFields<T extends object>(a: T, b: T): boolean {
  // Both were made by the same function, so they have the same fields.
  return Object.keys(a).every((key) => Object.is(Reflect.get(a, key), Reflect.get(b, key)));
}
