/** What a view asks of the store beyond pages: showing a chat from where it was read, and reading it. */
import { ParleyError } from '../errors.ts';
import type { Entry } from './entry.ts';
import { findMessage } from './history.ts';
import { counts } from './room.ts';
import { readHere, readOf } from './status.ts';
import type { Store } from './store.ts';
import { covers } from './summary.ts';

/** Syncs a chat and has its newest messages. Errors: those of `MessageList.load`. */
export async function show(store: Store, entry: Entry): Promise<void> {
  await store.loadChat(entry);
  entry.readBefore = readOf(entry.room);
  await store.pager.fill(entry);
  store.touch(entry);
}

/** Reads all messages that are held, or those up to one. Errors: those of `MessageList.markRead`. */
export async function markRead(store: Store, entry: Entry, upToMessageId: string | undefined): Promise<void> {
  const { messages, realtime } = store.parts;
  const { room } = entry;
  const held = room.history?.messages ?? [];
  const last = upToMessageId === undefined ? held.at(-1) : findMessage(room, upToMessageId);
  if (!last) {
    if (upToMessageId === undefined) return;
    throw new ParleyError('NOT_FOUND', 'The message is not held by this view');
  }
  const { seq, message_id } = last;
  const read = readOf(room);
  entry.readBefore = Math.max(read, seq);
  store.touch(entry);
  const some = held.some((message) => message.seq > read && message.seq <= seq && counts(room, message));
  if (!some && covers(room)) return;
  if (covers(room)) store.set(entry, readHere(room, Math.max(room.reading, seq)));
  try {
    // The store hears of the answer, as of any read.
    if (store.live) await realtime.read(room.chatId, message_id);
    else await messages.markRead({ chat_id: room.chatId, up_to_message_id: message_id });
  } catch (error) {
    // What was shown did not happen.
    store.set(entry, readHere(entry.room, 0));
    throw error;
  }
}
