import type { FoundMessage, ParleyError } from '@parley/sdk';
import { useClient } from '@parley/sdk/react';
import { useCallback, useEffect, useRef, useState } from 'react';

/** Milliseconds without a key until one is taken to have written a word. */
const pause = 250;

export interface SearchState {
  readonly messages: readonly FoundMessage[];
  /** What they were found for; empty until there is something. */
  readonly found: string;
  readonly hasMore: boolean;
  readonly busy: boolean;
  readonly error: ParleyError | null;
  readonly more: () => void;
}

type State = Omit<SearchState, 'hasMore' | 'more'> & { readonly cursor: string | null };

const nothing: State = { messages: [], found: '', cursor: null, busy: false, error: null };

/** Searches as one types: in one chat, or in all of them. A newer search ends the one before. */
export function useSearch(query: string, chatId: string | undefined): SearchState {
  const client = useClient();
  const [state, setState] = useState(nothing);
  const running = useRef<AbortController | null>(null);
  const run = useCallback(
    async (q: string, cursor: string | null, before: readonly FoundMessage[]) => {
      running.current?.abort();
      const controller = new AbortController();
      const { signal } = controller;
      running.current = controller;
      setState((last) => ({ ...last, busy: true, error: null }));
      const input = { q, ...(cursor === null ? {} : { cursor }) };
      try {
        const page = chatId
          ? await client.messages.searchChat({ ...input, chat_id: chatId }, { signal })
          : await client.messages.search(input, { signal });
        const messages = [...before, ...page.messages];
        setState({ messages, found: q, cursor: page.next_cursor, busy: false, error: null });
      } catch (cause) {
        // The client rejects with nothing else.
        if (!signal.aborted) setState((last) => ({ ...last, busy: false, error: cause as ParleyError }));
      }
    },
    [client, chatId],
  );
  const q = query.trim();
  useEffect(() => {
    if (!q) {
      running.current?.abort();
      setState(nothing);
      return;
    }
    const timer = setTimeout(() => void run(q, null, []), pause);
    return () => clearTimeout(timer);
  }, [q, run]);
  useEffect(() => () => running.current?.abort(), []);
  const { cursor, ...shown } = state;
  const more = () => {
    if (cursor !== null && !state.busy) void run(state.found, cursor, state.messages);
  };
  return { ...shown, hasMore: cursor !== null, more };
}
