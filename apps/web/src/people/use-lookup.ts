import type { ParleyError } from '@parley/sdk';
import { useClient } from '@parley/sdk/react';
import { useCallback, useEffect, useRef, useState } from 'react';

/** Somebody who was found by their number. */
export interface FoundPerson {
  readonly user_id: string;
  readonly display_name: string;
  readonly avatar_url: string;
}

export interface Lookup {
  readonly busy: boolean;
  readonly error: ParleyError | null;
  /** The number under which nobody was found. */
  readonly nobody: string | null;
  /** Who has this number; they become a contact. Null where nobody does, or it failed. */
  readonly find: (phone: string) => Promise<FoundPerson | null>;
  readonly reset: () => void;
}

const idle = { busy: false, error: null, nobody: null };

/** Finds people by phone number: contact sync (contract section 2, Users), 5 times a minute. */
export function useLookup(): Lookup {
  const client = useClient();
  const [state, setState] = useState<Pick<Lookup, 'busy' | 'error' | 'nobody'>>(idle);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);
  const find = useCallback(
    async (phone: string) => {
      running.current?.abort();
      const controller = new AbortController();
      running.current = controller;
      setState({ ...idle, busy: true });
      try {
        const { signal } = controller;
        const { registered_users } = await client.users.syncContacts({ phone_numbers: [phone] }, { signal });
        const found = registered_users[0] ?? null;
        setState({ ...idle, nobody: found ? null : phone });
        return found;
      } catch (cause) {
        // The client rejects with nothing else.
        if (!controller.signal.aborted) setState({ ...idle, error: cause as ParleyError });
        return null;
      }
    },
    [client],
  );
  const reset = useCallback(() => {
    running.current?.abort();
    setState(idle);
  }, []);
  return { ...state, find, reset };
}
