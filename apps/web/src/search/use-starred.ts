import type { Message, ParleyError } from '@parley/sdk';
import { useClient } from '@parley/sdk/react';
import { useCallback, useEffect, useState } from 'react';

interface State {
  /** Null until they are there. */
  readonly messages: readonly Message[] | null;
  readonly cursor: string | null;
  readonly busy: boolean;
  readonly error: ParleyError | null;
}

const nothing: State = { messages: null, cursor: null, busy: false, error: null };

/** Starred messages, page by page; stars that are set or taken off elsewhere show here. */
export function useStarred() {
  const client = useClient();
  const [state, setState] = useState(nothing);
  const load = useCallback(
    async (cursor: string | null, signal?: AbortSignal) => {
      setState((last) => ({ ...last, busy: true, error: null }));
      try {
        const page = await client.messages.starred(cursor === null ? {} : { cursor }, { signal });
        setState((last) => {
          const before = cursor === null ? [] : (last.messages ?? []);
          return {
            messages: [...before, ...page.messages],
            cursor: page.next_cursor,
            busy: false,
            error: null,
          };
        });
      } catch (cause) {
        // The client rejects with nothing else.
        if (!signal?.aborted) setState((last) => ({ ...last, busy: false, error: cause as ParleyError }));
      }
    },
    [client],
  );
  useEffect(() => {
    const controller = new AbortController();
    void load(null, controller.signal);
    const forget = client.realtime.on('message.starred', ({ message_id, is_starred }) => {
      if (is_starred) return void load(null, controller.signal);
      setState((last) => ({
        ...last,
        messages: last.messages?.filter((message) => message.message_id !== message_id) ?? null,
      }));
    });
    return () => {
      forget();
      controller.abort();
    };
  }, [client, load]);
  const { cursor, ...shown } = state;
  return {
    ...shown,
    hasMore: cursor !== null,
    more: () => void load(cursor),
    retry: () => void load(null),
  };
}
