import type { ParleyClient } from '@parley/sdk';
import { useClient, useSession } from '@parley/sdk/react';
import { useMemo, useSyncExternalStore } from 'react';
import type { Held, NewestMessage } from './last-line.ts';

type View = ReturnType<ParleyClient['messages']>;
type ViewMessage = View['all'][number];

/** What the client holds of a chat already. Fetches nothing. */
export function useHeld(chatId: string): Held {
  const client = useClient();
  const me = useSession();
  const view = useMemo(() => client.messages(chatId), [client, chatId]);
  const read = useMemo(() => reader(view, me), [view, me]);
  const subscribe = useMemo(() => (changed: () => void) => view.subscribe(changed), [view]);
  return useSyncExternalStore(subscribe, read);
}

/** Reads the same object as long as nothing of it changed. */
function reader(view: View, me: string | null): () => Held {
  let last: Held | null = null;
  let lastOf: ViewMessage | undefined;
  return () => {
    const newestOf = view.all.at(-1);
    const { typing, participants, draft } = view;
    const same =
      last !== null &&
      lastOf === newestOf &&
      last.typing === typing &&
      last.participants === participants &&
      last.draft === draft;
    if (last !== null && same) return last;
    lastOf = newestOf;
    last = { me, typing, participants, draft, newest: newestOf ? newest(newestOf) : null };
    return last;
  };
}

function newest(message: ViewMessage): NewestMessage {
  const { type, payload, status, created_at } = message;
  const text = 'body' in payload && typeof payload.body === 'string' ? payload.body : '';
  const message_id = 'message_id' in message ? message.message_id : null;
  return { message_id, type, text, status, created_at };
}
