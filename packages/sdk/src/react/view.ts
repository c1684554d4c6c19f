import { useMemo } from 'react';
import type { MessageList } from '../view/message-list.ts';
import { useClient } from './provider.ts';

/** The view of a chat: the same one each time. */
export function useView(chatId: string): MessageList {
  const client = useClient();
  return useMemo(() => client.messages(chatId), [client, chatId]);
}
