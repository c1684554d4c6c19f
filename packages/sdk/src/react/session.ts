import { useMemo } from 'react';
import type { RealtimeStatus } from '../realtime/types.ts';
import { useClient } from './provider.ts';
import { type Source, useSource } from './source.ts';

/** The id of the user who is signed in; null if nobody is, and until the stored session was read (`client.ready`). */
export function useSession(): string | null {
  const client = useClient();
  const source = useMemo(
    (): Source<string | null> => ({
      subscribe: (changed) => client.onSession(changed),
      read: () => client.session,
      empty: null,
    }),
    [client],
  );
  return useSource(source);
}

/** Whether there is a live connection: `client.realtime.status`. */
export function useConnection(): RealtimeStatus {
  const { realtime } = useClient();
  const source = useMemo(
    (): Source<RealtimeStatus> => ({
      subscribe: (changed) => realtime.onStatus(changed),
      read: () => realtime.status,
      empty: 'idle',
    }),
    [realtime],
  );
  return useSource(source);
}
