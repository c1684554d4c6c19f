import type { Presence } from '@parley/contract';
import { useMemo } from 'react';
import type { ParleyClient } from '../client.ts';
import { useClient } from './provider.ts';
import { type Source, useSource } from './source.ts';
import { Watched } from './watched.ts';

/** One for each client: components that show the same people share what is told of them. */
const watchedBy = new WeakMap<ParleyClient, Watched>();

function watched(client: ParleyClient): Watched {
  let found = watchedBy.get(client);
  if (!found) {
    found = new Watched(client);
    watchedBy.set(client, found);
  }
  return found;
}

/**
 * Whether somebody is online and when they were last seen, told while this is shown; null until it is known, without a live
 * connection, and for nobody (`null`, `undefined`). All that appears in one turn is asked for at once. The server tells of 1,000
 * people on one connection.
 */
export function usePresence(userId: string | null | undefined): Presence | null {
  const client = useClient();
  const source = useMemo((): Source<Presence | null> => {
    if (!userId) return { subscribe: () => () => {}, read: () => null, empty: null };
    const all = watched(client);
    return {
      subscribe: (changed) => all.watch(userId, changed),
      read: () => all.of(userId),
      empty: null,
    };
  }, [client, userId]);
  return useSource(source);
}
