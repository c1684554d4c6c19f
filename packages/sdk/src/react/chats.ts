import type { ChatSummary } from '@parley/contract';
import { useCallback, useMemo } from 'react';
import type { ParleyError } from '../errors.ts';
import { useLoading } from './loading.ts';
import { useClient } from './provider.ts';
import { fields, type Source, useSource } from './source.ts';

/** What `useChats` answers. */
export interface ChatsState {
  /** Chats that are known, pinned first, then by activity. */
  readonly chats: readonly ChatSummary[];
  /** Whether `loadMore` would fetch chats. */
  readonly hasMore: boolean;
  /** Fetches the next chats; what goes wrong is shown as `error`. */
  readonly loadMore: () => void;
  /** Whether the first chats are there. */
  readonly loaded: boolean;
  /** Why loading failed last; null as soon as it succeeds. What may pass is tried again by itself. */
  readonly error: ParleyError | null;
}

const empty: Pick<ChatsState, 'chats' | 'hasMore'> = { chats: [], hasMore: false };

/** The user's chats (`client.chats`), loaded as soon as somebody is signed in. */
export function useChats(): ChatsState {
  const { chats } = useClient();
  const source = useMemo(
    () =>
      fields(
        (changed) => chats.subscribe(changed),
        () => ({ chats: chats.all, hasMore: chats.hasMore }),
        empty,
      ),
    [chats],
  );
  const load = useCallback(() => chats.load(), [chats]);
  const { loaded, error, more } = useLoading(load);
  const loadMore = useCallback(() => void more(() => chats.loadMore()), [chats, more]);
  return { ...useSource(source), loaded, error, loadMore };
}

/** One chat of those that are known; null if it is not. Loads nothing: `useChats` and `useMessages` do. */
export function useChat(chatId: string): ChatSummary | null {
  const { chats } = useClient();
  const source = useMemo(
    (): Source<ChatSummary | null> => ({
      subscribe: (changed) => chats.subscribe(changed),
      read: () => chats.find(chatId) ?? null,
      empty: null,
    }),
    [chats, chatId],
  );
  return useSource(source);
}
