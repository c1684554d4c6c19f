import type { InputOf, OutputOf } from '@parley/contract';
import type { Store } from './store.ts';

/** What a call of the user's has answered: shown at once, and fetched where no event will tell of it. */
export function answered(store: Store, path: string, input: unknown, output: unknown): void {
  const { id, chat_id } = input as { id?: string; chat_id?: string };
  if (path === 'messages.send') {
    const message = output as OutputOf<'messages.send'>;
    const data = { ...message, timestamp: message.created_at };
    if (store.find(message.chat_id)) store.take(message.chat_id, { type: 'message.new', data });
  } else if (path === 'chats.create') {
    const made = (output as OutputOf<'chats.create'>).chat_id;
    if (store.fetching.listed && !store.find(made)?.room.chat) store.doubt(store.entry(made));
  } else if (path === 'messages.markRead') {
    const { up_to_message_id } = input as InputOf<'messages.markRead'>;
    const { unread_count } = output as OutputOf<'messages.markRead'>;
    store.read(chat_id ?? '', up_to_message_id.toLowerCase(), unread_count);
  } else if (!store.live) {
    for (const entry of store.entries) {
      const { chatId, history } = entry.room;
      const meant = [id, chat_id].some((each) => each?.toLowerCase() === chatId);
      const holds = history?.messages.some(({ message_id }) => message_id === id?.toLowerCase());
      if (meant || holds) store.doubt(entry);
    }
  }
}
