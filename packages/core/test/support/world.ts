/** A core over stores in memory, and short ways to say who is where and who wrote what. */
import { randomUUID } from 'node:crypto';
import type { AnyBusEvent } from '@parley/contract';
import { ChatCache } from '../../src/chats/cache.ts';
import type { Caller, Core } from '../../src/context.ts';
import { compose } from '../../src/messages/compose.ts';
import { PositionWriter } from '../../src/messages/positions.ts';
import { SendQueue } from '../../src/messages/send-queue.ts';
import type { ChatRecord, Member, PositionMove, PrivacyRecord, Receipt } from '../../src/ports/stores.ts';
import { FakeMedia } from './fake-media.ts';
import { FakeMarks, FakeMessages } from './fake-messages.ts';

export const ann = randomUUID();
export const ben = randomUUID();
export const cem = randomUUID();
export const dua = randomUUID();

export function as(userId: string, connectionId?: string): Caller {
  return { userId, sessionId: '', requestId: 'test', connectionId };
}

export function member(userId: string, fields: Partial<Member> = {}): Member {
  return {
    user_id: userId,
    role: 'member',
    joined_at: '2026-01-01T00:00:00.000Z',
    joined_seq: 0,
    left_seq: null,
    delivered_seq: 0,
    read_seq: 0,
    ...fields,
  };
}

export class World {
  now = Date.UTC(2026, 0, 2);
  readonly messages = new FakeMessages();
  readonly marks = new FakeMarks();
  readonly media = new FakeMedia();
  readonly chats = new Map<string, ChatRecord>();
  readonly receipts: Receipt[] = [];
  /** Those who keep their reads private. */
  readonly privateReaders = new Set<string>();
  readonly published: { outboxId: string; events: AnyBusEvent[] }[] = [];
  readonly warnings: string[] = [];
  readonly core: Core;

  constructor() {
    const chats = {
      find: async (ids: readonly string[]) =>
        new Map(ids.flatMap((id) => (this.chats.has(id) ? [[id, this.chats.get(id) as ChatRecord]] : []))),
      memberships: async (userId: string) =>
        [...this.chats.values()].flatMap((chat) => {
          const self = chat.members.get(userId);
          return self
            ? [{ chat_id: chat.chat_id, joined_seq: self.joined_seq, left_seq: self.left_seq }]
            : [];
        }),
      advance: async (moves: readonly PositionMove[]) => moves.map((move) => this.#advance(move)),
      receipts: async (_chatId: string, _seq: number, userIds: readonly string[]) =>
        this.receipts.filter((receipt) => userIds.includes(receipt.user_id)),
    };
    const privacy = {
      relations: async (pairs: readonly { viewer: string; target: string }[]) =>
        pairs.map(({ target }) => ({
          privacy: { read_receipts: !this.privateReaders.has(target) } as PrivacyRecord,
          isContact: false,
          blocked: false,
        })),
    };
    const parts = {
      chats,
      messages: this.messages,
      marks: this.marks,
      media: this.media,
      mediaLinks: { of: async (key: string, name?: string) => `/objects/${key}${name ? `?${name}` : ''}` },
      privacy,
      clock: { now: () => this.now },
      publisher: {
        publish: (outboxId: string, events: readonly AnyBusEvent[]) => {
          this.published.push({ outboxId, events: [...events] });
        },
      },
      log: { warn: (_fields: object, message: string) => void this.warnings.push(message) },
    } as unknown as Core;
    const chatCache = new ChatCache(parts.chats);
    this.core = {
      ...parts,
      chatCache,
      sendQueue: new SendQueue({ ...parts, chatCache }),
      positions: new PositionWriter({ ...parts, chatCache }),
    };
  }

  #advance(move: PositionMove) {
    const self = this.chats.get(move.chatId)?.members.get(move.userId);
    if (!self) throw new Error('not a member');
    self.read_seq = Math.max(self.read_seq, move.read);
    self.delivered_seq = Math.max(self.delivered_seq, move.delivered, self.read_seq);
    return { delivered: self.delivered_seq, read: self.read_seq, moved: null };
  }

  chat(members: readonly Member[], fields: Partial<ChatRecord> = {}): ChatRecord {
    const chat: ChatRecord = {
      chat_id: randomUUID(),
      type: 'group',
      name: 'Lake',
      description: '',
      avatar_url: '',
      is_admin_only: false,
      auto_delete_seconds: 0,
      state_version: 1,
      created_at: '2026-01-01T00:00:00.000Z',
      updated_at: '2026-01-01T00:00:00.000Z',
      blocked: false,
      members: new Map(members.map((each) => [each.user_id, each])),
      ...fields,
    };
    this.chats.set(chat.chat_id, chat);
    return chat;
  }

  direct(fields: Partial<ChatRecord> = {}): ChatRecord {
    return this.chat([member(ann), member(ben)], { type: 'direct', name: '', ...fields });
  }

  /** Changes a chat as another instance would: a new record, and what is cached here is old. */
  update(chat: ChatRecord, fields: Partial<ChatRecord>): void {
    this.chats.set(chat.chat_id, { ...chat, state_version: chat.state_version + 1, ...fields });
    this.core.chatCache.invalidate(chat.chat_id);
  }

  /** Stores a text as if it had been sent, and answers its id. */
  async text(chat: ChatRecord, sender: string, body: string, replyTo: string | null = null): Promise<string> {
    const message = compose(
      chat,
      {
        chat_id: chat.chat_id,
        type: 'text',
        payload: { body },
        reply_to_message_id: replyTo,
        forwarded_from: null,
      },
      {
        senderId: sender,
        clientMsgId: randomUUID(),
        fingerprint: body,
        context: { eventId: randomUUID(), requestId: 'test', trace: null, origin: null },
        now: this.now,
      },
    );
    await this.messages.append([message]);
    return message.message_id;
  }

  async texts(chat: ChatRecord, sender: string, count: number): Promise<string[]> {
    const ids: string[] = [];
    for (let n = 1; n <= count; n++) ids.push(await this.text(chat, sender, `text ${n}`));
    return ids;
  }

  /** Gives a stored message another type and payload. */
  retype(id: string, type: string, payload: object): void {
    Object.assign(this.messages.byId.get(id) ?? {}, { type, payload });
  }

  events<T extends AnyBusEvent['event_type']>(type: T): Extract<AnyBusEvent, { event_type: T }>['payload'][] {
    return this.published.flatMap(({ events }) =>
      events.flatMap((event) => (event.event_type === type ? [event.payload as never] : [])),
    );
  }
}

/** The code of the error that a promise rejects with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return 'no error';
}
