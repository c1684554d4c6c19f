import type { InputOf, OutputOf } from '@parley/contract';
import { accountAnswered } from '../account/answered.ts';
import { readUpTo } from './intake.ts';
import type { Store } from './store.ts';

/** What a call of the user's has answered: shown at once where that is simple, and synced where no event will tell of it. */
export function answered(store: Store, path: string, input: unknown, output: unknown): void {
  const { id, chat_id } = input as { id?: string; chat_id?: string };
  if (path === 'messages.send') {
    const message = output as OutputOf<'messages.send'>;
    store.take(message.chat_id, { type: 'message.new', data: { ...message, timestamp: message.created_at } });
  } else if (path === 'messages.markRead') {
    const { up_to_message_id } = input as InputOf<'messages.markRead'>;
    const { unread_count } = output as OutputOf<'messages.markRead'>;
    readUpTo(store, chat_id ?? '', up_to_message_id.toLowerCase(), unread_count);
  } else if (path === 'users.updatePrivacy') store.own.setPrivacy(output as OutputOf<'users.updatePrivacy'>);
  else accountAnswered(store.account, path, output);
  if (store.live || store.user === null || path.startsWith('auth.') || path === 'sync.changes') return;
  store.sync.consider(null, 'now');
  for (const entry of store.entries) {
    const { chatId, history } = entry.room;
    const meant = [id, chat_id].some((each) => each?.toLowerCase() === chatId);
    const holds = history?.messages.some(({ message_id }) => message_id === id?.toLowerCase());
    if (meant || holds) store.doubt(entry);
  }
}
