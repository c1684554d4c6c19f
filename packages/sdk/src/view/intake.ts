import type { Realtime } from '../realtime/realtime.ts';
import { findMessage } from './history.ts';
import type { FoldedEvent, RoomEvent } from './room.ts';
import type { Store } from './store.ts';

/** Events that are folded into the chat that they name. */
const folded: readonly Exclude<FoldedEvent, 'media.updated' | 'message.starred'>[] = [
  'message.new',
  'message.status',
  'message.deleted',
  'message.edited',
  'message.reaction',
  'chat.created',
  'chat.updated',
  'group.member.added',
  'group.member.removed',
];

/** Brings the server's events, and answers to what was told it, to the store: before others hear of them, who may look at the views then. */
export function listen(store: Store, realtime: Realtime): void {
  for (const type of folded) realtime.hear(type, (data) => take(store, { type, data } as Folded));
  realtime.hear('message.starred', ({ chat_id, message_id, is_starred, user_version }) =>
    store.own.take(user_version, () =>
      store.own.mark(chat_id, message_id, is_starred ? 'starred' : 'not starred'),
    ),
  );
  realtime.hear('user.updated', ({ user_version }) => store.own.take(user_version, () => false));
  realtime.hear('media.updated', (data) => {
    store.parts.known.add(data.media);
    const event = { type: 'media.updated', data } as const;
    if (data.chat_id !== undefined) store.take(data.chat_id, event);
    else for (const { room } of store.entries) if (room.history) store.take(room.chatId, event);
  });
  realtime.hear('typing', ({ chat_id, user_id, is_typing }) => {
    const entry = store.find(chat_id);
    if (entry) store.company.setTyping(entry, user_id, is_typing);
  });
  realtime.lanes.stored.add(({ frame, sent }) => {
    store.take(frame.chat_id, {
      type: 'sent',
      frame,
      data: sent,
      media: store.parts.known.of(frame.payload),
    });
  });
  realtime.receipted.add((told) => {
    if (told.status === 'read') readUpTo(store, told.chatId, told.messageId, told.unread);
    else deliveredTo(store, told.messageIds);
  });
}

type Folded = Extract<RoomEvent, { type: (typeof folded)[number] }>;

function take(store: Store, event: Folded): void {
  const { chat_id } = event.data;
  const own = 'user_version' in event.data ? event.data.user_version : undefined;
  if (event.type === 'message.new') {
    const entry = store.find(chat_id);
    if (entry?.typists.has(event.data.sender_id)) store.company.setTyping(entry, event.data.sender_id, false);
  }
  if (own === undefined) store.take(chat_id, event);
  else {
    store.own.take(own, () => {
      if (event.type === 'message.deleted') return store.own.mark(chat_id, event.data.message_id, 'hidden');
      if (event.type !== 'chat.updated') return false;
      store.take(chat_id, event);
      return true;
    });
    if (event.type !== 'message.deleted' && event.type !== 'chat.updated') store.take(chat_id, event);
  }
}

/** The user has read up to a message here; `unread` is what the server answers. */
export function readUpTo(store: Store, chatId: string, messageId: string, unread: number): void {
  const entry = store.find(chatId);
  const message = findMessage(entry?.room, messageId);
  if (message) store.take(chatId, { type: 'read', data: { seq: message.seq, unread } });
  else if (entry) store.doubt(entry);
}

/** This device has told the server that messages arrived. */
function deliveredTo(store: Store, messageIds: readonly string[]): void {
  const ids = new Set(messageIds);
  for (const { room } of store.entries) {
    const message = room.history?.messages.findLast(({ message_id }) => ids.has(message_id));
    if (message) store.take(room.chatId, { type: 'delivered', data: { seq: message.seq } });
  }
}
