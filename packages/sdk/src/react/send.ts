import { useMemo } from 'react';
import type { MessageList } from '../view/message-list.ts';
import { useView } from './view.ts';

/** What `useSend` answers; each keeps its identity. */
export interface SendActions {
  /** Sends a message, which `useMessages` shows at once. The promise may be ignored: a refusal shows as `failed`. */
  readonly send: MessageList['send'];
  /** Sends a file, which `useMessages` shows at once, with its progress. The promise may be ignored. */
  readonly sendFile: MessageList['sendFile'];
  /** Sends a message again that failed. */
  readonly retry: (clientMsgId: string) => void;
  /** Takes away a message that failed. */
  readonly discard: (clientMsgId: string) => void;
}

/** Sending to a chat. */
export function useSend(chatId: string): SendActions {
  const view = useView(chatId);
  return useMemo(
    (): SendActions => ({
      send: (draft) => view.send(draft),
      sendFile: (file, options) => view.sendFile(file, options),
      retry: (clientMsgId) => void view.retry(clientMsgId),
      discard: (clientMsgId) => void view.discard(clientMsgId),
    }),
    [view],
  );
}
