import type { Chat, ChatSummary } from '@parley/sdk';
import { useClient } from '@parley/sdk/react';
import { useEffect, useMemo, useState } from 'react';

/** A chat with its members where they are known. */
export type KnownChat = ChatSummary & Partial<Pick<Chat, 'participants'>>;

/** The chats of messages, for their names. Groups are asked for, for the names of those who wrote. */
export function useChatsOf(
  messages: readonly { readonly chat_id: string }[],
): ReadonlyMap<string, KnownChat> {
  const client = useClient();
  const [fetched, setFetched] = useState<ReadonlyMap<string, Chat>>(new Map());
  const ids = [...new Set(messages.map(({ chat_id }) => chat_id))].toSorted().join(' ');
  useEffect(() => {
    const wanted = ids.split(' ').filter((id) => {
      return id !== '' && !fetched.has(id) && client.chats.find(id)?.type !== 'direct';
    });
    if (wanted.length === 0) return;
    const controller = new AbortController();
    const { signal } = controller;
    // One that cannot be had is shown without a name.
    const one = (id: string) => client.chats.get({ id }, { signal }).catch(() => null);
    void Promise.all(wanted.map(one)).then((chats) => {
      const found = chats.filter((chat) => chat !== null);
      if (signal.aborted || found.length === 0) return;
      setFetched(
        (before) => new Map([...before, ...found.map((chat): [string, Chat] => [chat.chat_id, chat])]),
      );
    });
    return () => controller.abort();
  }, [client, ids, fetched]);
  return useMemo(() => {
    const known = ids.split(' ').map((id): [string, KnownChat | undefined] => {
      return [id, fetched.get(id) ?? client.chats.find(id)];
    });
    return new Map(known.filter((entry): entry is [string, KnownChat] => entry[1] !== undefined));
  }, [client, ids, fetched]);
}
