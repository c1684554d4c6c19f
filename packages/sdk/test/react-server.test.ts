// On a server there is nobody yet: the hooks say so, and nothing is fetched.
import { createElement, Fragment, type ReactNode } from 'react';
import { renderToString } from 'react-dom/server';
import { expect, onTestFinished, test } from 'vitest';
import { createClient } from '../src/index.ts';
import {
  ParleyProvider,
  useAccount,
  useChat,
  useChats,
  useClient,
  useConnection,
  useMessages,
  usePresence,
  useSend,
  useSession,
  useTyping,
} from '../src/react.ts';

const id = '0198c6f3-1b77-7a0c-b2b4-5d1f2f6f9a10';

function All({ told }: { told: unknown[] }): ReactNode {
  const { chats, hasMore, loaded, error } = useChats();
  told.push({ session: useSession(), connection: useConnection(), chats, hasMore, loaded, error });
  told.push({ chat: useChat(id), presence: usePresence(id), nobody: usePresence(null), ...useAccount() });
  const { messages, chat, participants, hasOlder, hasNewer, firstUnread, draft } = useMessages(id);
  told.push({ messages, chat, participants, hasOlder, hasNewer, firstUnread, draft });
  told.push({ typing: useTyping(id).typing, send: typeof useSend(id).send });
  return createElement(Fragment, null, 'shown');
}

function Lost(): ReactNode {
  return createElement(Fragment, null, useClient().session);
}

test('the hooks render empty, and call nobody', () => {
  const calls: string[] = [];
  const fetch = async (url: string) => {
    calls.push(url);
    return new Response();
  };
  const client = createClient({ url: 'http://127.0.0.1:1', fetch });
  onTestFinished(() => client.close());
  const told: unknown[] = [];
  const page = createElement(ParleyProvider, { client }, createElement(All, { told }));
  expect(renderToString(page)).toBe('shown');
  expect(told).toEqual([
    { session: null, connection: 'idle', chats: [], hasMore: false, loaded: false, error: null },
    { chat: null, presence: null, nobody: null, profile: null, privacy: null, contacts: [], blocked: [] },
    {
      ...{ messages: [], chat: null, participants: [], hasOlder: false },
      ...{ hasNewer: false, firstUnread: null, draft: '' },
    },
    { typing: [], send: 'function' },
  ]);
  expect(calls).toEqual([]);
});

test('a hook without a provider says what is missing', () => {
  expect(() => renderToString(createElement(Lost))).toThrow('<ParleyProvider client={...}>');
});
