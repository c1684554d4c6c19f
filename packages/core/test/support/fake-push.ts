/** Pushes in memory: as much of the ports as who is pushed what needs. */
import { randomUUID } from 'node:crypto';
import type { BusEvent, Message, PushData } from '@parley/contract';
import { ChatCache } from '../../src/chats/cache.ts';
import type { Core } from '../../src/context.ts';
import { unavailable } from '../../src/error.ts';
import type {
  ChatRecord,
  DeviceToken,
  Member,
  Push,
  PushResult,
  StoredMessage,
} from '../../src/ports/stores.ts';
import { FakeDevices, FakeLedger } from './fake-push-ledger.ts';
import { type Fuse, lifeOf } from './fake-push-life.ts';
import { member } from './world.ts';

export class PushWorld {
  now = Date.UTC(2026, 0, 2);
  readonly ledger = new FakeLedger();
  readonly devices = new FakeDevices();
  readonly chats = new Map<string, ChatRecord>();
  readonly messages = new Map<string, StoredMessage>();
  readonly online = new Set<string>();
  /** Chat and user together: until when it is muted, null for ever. */
  readonly mutes = new Map<string, string | null>();
  /** Users by id: name, photo, and who may see it. */
  readonly users = new Map<string, { display_name: string; avatar_url: string }>();
  readonly hiddenPhotos = new Set<string>();
  /** What the service was given and took. */
  readonly pushes: Push[] = [];
  /** What the service says to a token; it takes everything else. */
  readonly answers = new Map<string, PushResult | 'away' | 'broken'>();
  /** The service answers when this is over. */
  hold: Promise<void> | null = null;
  readonly away = new Set<'presence' | 'ledger' | 'gateway' | 'messages' | 'devices'>();
  /** Names of the ports' methods, as they were called. */
  readonly calls: string[] = [];
  readonly logged: string[] = [];
  /** What the next worker is given: one that lives for ever. */
  readonly core: Core;

  constructor() {
    this.core = this.worker().core;
  }

  /** A worker with a cache of its own; `death` resolves when it dies, and nothing that it waits for ever comes after that. */
  worker(fuse?: Fuse): { core: Core; death: Promise<void> } {
    const { mortal, death } = lifeOf(fuse, this.calls);
    const ports = this.#ports();
    const entries = Object.entries(ports).map(([name, port]) => [name, mortal(name, port)]);
    const parts = Object.fromEntries(entries) as typeof ports;
    const core = {
      ...parts,
      clock: { now: () => this.now },
      log: new Proxy({}, { get: () => (_: object, message: string) => void this.logged.push(message) }),
      chatCache: new ChatCache(parts.chats, { now: () => this.now }),
    };
    return { core: core as unknown as Core, death };
  }

  #need(what: 'presence' | 'ledger' | 'gateway' | 'messages' | 'devices'): void {
    if (this.away.has(what)) throw unavailable(what, null);
  }

  #ports() {
    const guarded = <T extends object>(what: 'ledger' | 'devices', port: T): T =>
      new Proxy(port, {
        get: (target, method) => {
          const does = Reflect.get(target, method) as (...args: unknown[]) => unknown;
          return async (...args: unknown[]) => {
            this.#need(what);
            return does.apply(target, args);
          };
        },
      });
    return {
      pushLedger: guarded('ledger', this.ledger),
      devices: guarded('devices', this.devices),
      presence: {
        online: async (ids: readonly string[]) => {
          this.#need('presence');
          return new Set(ids.filter((id) => this.online.has(id)));
        },
      },
      chats: {
        find: async (ids: readonly string[]) => picked(this.chats, ids),
        mutedBy: async (chatId: string, ids: readonly string[], now: string) =>
          new Set(
            ids.filter((id) => {
              const until = this.mutes.get(chatId + id);
              return until === null || (until !== undefined && until > now);
            }),
          ),
      },
      messages: {
        byIds: async (ids: readonly string[]) => {
          this.#need('messages');
          return picked(this.messages, ids);
        },
        heads: async (ids: readonly string[]) => {
          this.#need('messages');
          return new Map(ids.map((id) => [id, { seq: this.head(id), version: 0 }]));
        },
      },
      users: { findMany: async (ids: readonly string[]) => picked(this.users, ids) },
      privacy: {
        relations: async (pairs: readonly { target: string }[]) =>
          pairs.map(({ target }) => ({
            privacy: { profile_photo: this.hiddenPhotos.has(target) ? 'nobody' : 'everyone' },
            isContact: false,
            blocked: false,
          })),
      },
      pushes: { send: (push: Push) => this.#send(push) },
    };
  }

  async #send(push: Push): Promise<PushResult> {
    await this.hold;
    this.#need('gateway');
    const answer = this.answers.get(push.token) ?? { outcome: 'sent' };
    if (answer === 'away') throw unavailable('the push service', null);
    if (answer === 'broken') throw new Error('nobody expects this');
    if (answer.outcome === 'sent') this.pushes.push(push);
    return answer;
  }

  user(name: string): string {
    const id = randomUUID();
    this.users.set(id, { display_name: name, avatar_url: `/avatars/${name}` });
    return id;
  }

  /** A device of the user's, by its token. */
  async device(
    userId: string,
    token: string = randomUUID(),
    sessionId: string = randomUUID(),
  ): Promise<DeviceToken> {
    await this.devices.register({ userId, sessionId, token, platform: 'android' });
    return this.devices.all.at(-1) as DeviceToken;
  }

  chat(type: 'direct' | 'group', userIds: readonly string[]): ChatRecord {
    const chat = {
      chat_id: randomUUID(),
      type,
      name: type === 'group' ? 'Lake' : 'never shown',
      members: new Map(userIds.map((id) => [id, member(id)])),
    } as ChatRecord;
    this.chats.set(chat.chat_id, chat);
    return chat;
  }

  /** The newest `seq` of a chat. */
  head(chatId: string): number {
    let head = 0;
    for (const { chat_id, seq } of this.messages.values()) if (chat_id === chatId) head = Math.max(head, seq);
    return head;
  }

  /** A message that is stored, and its event. */
  message(chat: ChatRecord, sender: string, fields: Partial<Message> = {}): BusEvent<'msg.new'> {
    const message = {
      message_id: randomUUID(),
      chat_id: chat.chat_id,
      sender_id: sender,
      seq: this.head(chat.chat_id) + 1,
      type: 'text',
      payload: { body: 'Hello' },
      created_at: new Date(this.now).toISOString(),
      is_deleted: false,
      expires_at: null,
      ...fields,
    } as Message;
    this.messages.set(message.message_id, { ...message });
    const members: Member[] = [...chat.members.values()];
    const recipients = members.filter(({ left_seq }) => left_seq === null).map(({ user_id }) => user_id);
    return this.event('msg.new', { message, recipients, unquoted: [], origin: null });
  }

  event<S extends 'msg.new' | 'group.member.added' | 'msg.status.updated'>(
    event_type: S,
    payload: BusEvent<S>['payload'],
  ): BusEvent<S> {
    const timestamp = new Date(this.now).toISOString();
    return { event_id: randomUUID(), event_type, timestamp, request_id: 'test', trace: null, payload };
  }

  /** The event of a user's having read everything of a chat, and that it did. */
  read(chat: ChatRecord, userId: string, sessionId: string | null = null): BusEvent<'msg.status.updated'> {
    const seq = this.head(chat.chat_id);
    const newest = [...this.messages.values()].find(
      (each) => each.chat_id === chat.chat_id && each.seq === seq,
    );
    const self = chat.members.get(userId);
    if (self) self.read_seq = seq;
    return this.event('msg.status.updated', {
      chat_id: chat.chat_id,
      user_id: userId,
      status: 'read',
      up_to_seq: seq,
      message_ids: newest ? [newest.message_id] : [],
      sender_ids: [],
      state_version: 1,
      timestamp: new Date(this.now).toISOString(),
      visible: true,
      delivered_moved: true,
      origin: null,
      session_id: sessionId,
    });
  }

  /** Why the user was pushed the event's message, or was not. */
  why(event: BusEvent<'msg.new'>, userId: string): string | undefined {
    return this.ledger.notes.get(event.payload.message.message_id + userId)?.reason;
  }

  /** What was pushed since the last call. */
  taken(): PushData[] {
    return this.pushes.splice(0).map(({ data }) => data);
  }
}

function picked<V extends object>(all: ReadonlyMap<string, V>, ids: readonly string[]): Map<string, V> {
  return new Map(ids.flatMap((id) => (all.has(id) ? [[id, structuredClone(all.get(id) as V)]] : [])));
}
