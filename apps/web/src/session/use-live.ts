import { useClient, useSession } from '@parley/sdk/react';
import { useEffect } from 'react';
import { useDelivered } from './use-delivered.ts';

/** Connects as long as somebody is signed in, and tells what arrives. */
export function useLive(): void {
  const { realtime } = useClient();
  const user = useSession();
  useEffect(() => {
    // Keeps trying by itself; what it waits for shows as the connection's status.
    if (user !== null) void realtime.connect();
  }, [realtime, user]);
  useDelivered();
}
