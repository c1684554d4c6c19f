import { useCallback, useMemo } from 'react';
import { useClient } from './provider.ts';
import { type Source, useSource } from './source.ts';
import { useView } from './view.ts';

/** What `useTyping` answers. */
export interface TypingState {
  /** Ids of those who type now, oneself not among them. */
  readonly typing: readonly string[];
  /** Says that the user types, or has stopped; may be called with every key. */
  readonly setTyping: (isTyping: boolean) => void;
}

const nobody: readonly string[] = [];

/** Who types in a chat. */
export function useTyping(chatId: string): TypingState {
  const { realtime } = useClient();
  const view = useView(chatId);
  const source = useMemo(
    (): Source<readonly string[]> => ({
      subscribe: (changed) => view.subscribe(changed),
      read: () => view.typing,
      empty: nobody,
    }),
    [view],
  );
  const setTyping = useCallback((isTyping: boolean) => realtime.typing(chatId, isTyping), [realtime, chatId]);
  return { typing: useSource(source), setTyping };
}
