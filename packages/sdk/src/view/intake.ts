import type { Realtime } from '../realtime/realtime.ts';
import type { FoldedEvent, Room } from './room.ts';
import type { Store } from './store.ts';

/** Events that are folded into the chat that they name. */
const folded: readonly Exclude<FoldedEvent, 'media.updated'>[] = [
  'message.new',
  'message.status',
  'message.deleted',
  'message.edited',
  'message.reaction',
  'message.starred',
  'chat.created',
  'chat.updated',
  'group.member.added',
  'group.member.removed',
];

/** Events that change nothing of a chat's line in the list: where the chat is not known they say nothing. */
const unlisted: ReadonlySet<FoldedEvent> = new Set([
  'message.status',
  'message.edited',
  'message.reaction',
  'message.starred',
]);

function carries({ history }: Room, mediaId: string): boolean {
  return history?.messages.some(({ media }) => media?.media_id === mediaId) ?? false;
}

/** Brings the server's events to the store. */
export class Intake {
  readonly #store: Store;
  /** The user's counter of what is theirs alone, over all chats; null until an event of this connection tells it. */
  #userVersion: number | null = null;

  constructor(store: Store) {
    this.#store = store;
  }

  listen(realtime: Realtime): void {
    const store = this.#store;
    for (const type of folded) this.#fold(realtime, type);
    realtime.stored.add(({ frame, sent }) => {
      const media = store.known.of(frame.payload);
      store.take(frame.chat_id, { type: 'sent', frame, data: sent, media });
      const entry = store.find(frame.chat_id);
      if (entry) {
        entry.unsent = entry.unsent.filter(({ client_msg_id }) => client_msg_id !== frame.client_msg_id);
        store.touch(entry);
      }
    });
    realtime.receipted.add((told) => {
      if (told.status === 'read') store.read(told.chatId, told.messageId, told.unread);
      else store.delivered(told.messageIds);
    });
    realtime.on('media.updated', (data) => {
      store.known.add(data.media);
      const event = { type: 'media.updated', data } as const;
      if (data.chat_id === undefined) {
        for (const { room } of store.entries)
          if (carries(room, data.media_id)) store.take(room.chatId, event);
      } else if (store.find(data.chat_id)) store.take(data.chat_id, event);
    });
    realtime.on('typing', ({ chat_id, user_id, is_typing }) => {
      const entry = store.find(chat_id);
      if (entry) store.company.setTyping(entry, user_id, is_typing);
    });
    realtime.on('presence', (presence) => store.company.setPresence(presence));
    realtime.on('user.updated', ({ kind, user_id, user_version }) => {
      this.#count(user_version);
      this.#accountChanged(kind, user_id);
    });
    realtime.onStatus(() => {
      this.#userVersion = null;
    });
  }

  #fold(realtime: Realtime, type: (typeof folded)[number]): void {
    const store = this.#store;
    realtime.on(type, (data) => {
      if ('user_version' in data) this.#count(data.user_version);
      const entry = store.find(data.chat_id);
      if (!entry && unlisted.has(type)) return;
      if (type === 'message.new' && 'sender_id' in data && entry?.typists.has(data.sender_id)) {
        store.company.setTyping(entry, data.sender_id, false);
      }
      // The name and the data were read together from one event.
      store.take(data.chat_id, { type, data } as Parameters<Store['take']>[1]);
    });
  }

  /** A number that jumps: something of the user's own was missed, in whichever chat. */
  #count(version: number | undefined): void {
    if (version === undefined) return;
    const known = this.#userVersion;
    if (known !== null && version > known + 1) this.#store.fetching.everything();
    this.#userVersion = Math.max(known ?? 0, version);
  }

  #accountChanged(kind: 'profile' | 'privacy' | 'contacts' | 'block', about: string | null): void {
    for (const entry of this.#store.entries) {
      const { chat, participants, history } = entry.room;
      // Names of the user's own among participants; statuses, which privacy changes; the blocked one's photo.
      const concerned =
        (kind === 'profile' && participants !== null) ||
        (kind === 'privacy' && history !== null) ||
        (kind === 'block' && chat?.participant?.user_id === about);
      if (concerned) this.#store.doubt(entry);
    }
  }
}
