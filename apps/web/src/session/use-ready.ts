import { useClient } from '@parley/sdk/react';
import { useEffect, useState } from 'react';

/** Whether the stored session was read, so that it is known if somebody is signed in. */
export function useReady(): boolean {
  const client = useClient();
  const [ready, setReady] = useState<unknown>(null);
  useEffect(() => {
    let shown = true;
    void client.ready.then(() => {
      if (shown) setReady(client);
    });
    return () => {
      shown = false;
    };
  }, [client]);
  return ready === client;
}
