/** The stores in memory: as much of each port as the API's tests need, and nothing that is slow. */

import { randomUUID } from 'node:crypto';
import type {
  AppendResult,
  ChatListing,
  ChatRecord,
  ChatStore,
  ContactStore,
  MarkStore,
  Member,
  Membership,
  MessageStore,
  NewMessage,
  NewSession,
  PrivacyStore,
  ProfilePatch,
  SessionStore,
  StoredMessage,
  UserRecord,
  UserStore,
  Window,
} from '@parley/core';
import { mediaIdOf } from '@parley/core';
import { unused } from '../../../../tests/support/unused.ts';

const now = () => new Date().toISOString();

export class FakeUsers implements UserStore {
  readonly byId = new Map<string, UserRecord>();
  /** Makes the next calls of `find` fail. */
  failure: Error | null = null;

  async upsertByPhone(phone: string) {
    for (const user of this.byId.values()) if (user.phone === phone) return { user, isNew: false };
    const user: UserRecord = {
      id: randomUUID(),
      phone,
      display_name: '',
      avatar_url: '',
      status_text: '',
      last_seen: null,
      user_version: 0,
      created_at: now(),
      updated_at: now(),
    };
    this.byId.set(user.id, user);
    return { user, isNew: true };
  }

  async find(id: string) {
    if (this.failure) throw this.failure;
    return this.byId.get(id);
  }

  async findMany(ids: readonly string[]) {
    return new Map(ids.flatMap((id) => (this.byId.has(id) ? [[id, this.byId.get(id) as UserRecord]] : [])));
  }

  async updateProfile(id: string, patch: ProfilePatch) {
    const user = this.byId.get(id);
    if (!user) return undefined;
    const given = Object.entries(patch).filter(([, value]) => value !== undefined);
    Object.assign(user, Object.fromEntries(given), { updated_at: now() });
    return { user, told: null };
  }

  async setLastSeen() {}

  readonly avatarsInUse = unused;
}

export class FakeSessions implements SessionStore {
  readonly #tokens = new Map<string, { session: NewSession; rotated: boolean }>();

  async create(session: NewSession) {
    this.#tokens.set(session.tokenHash, { session, rotated: false });
  }

  async rotate(input: Parameters<SessionStore['rotate']>[0]) {
    const known = this.#tokens.get(input.tokenHash);
    if (!known || known.rotated) return { outcome: 'unknown' } as const;
    known.rotated = true;
    this.#tokens.set(input.newHash, {
      session: { ...known.session, tokenHash: input.newHash },
      rotated: false,
    });
    const { userId, sessionId } = known.session;
    return { outcome: 'rotated', userId, sessionId, phone: '+491511234567' } as const;
  }

  async sessionOf(tokenHash: string) {
    return this.#tokens.get(tokenHash)?.session;
  }

  async revoke(_userId: string, ids: readonly string[] | 'all') {
    return ids === 'all' ? [] : [...ids];
  }

  readonly list = unused;
  readonly isOf = unused;
  readonly forget = unused;
}

export class FakeChats implements ChatStore {
  readonly byId = new Map<string, ChatRecord>();

  async openDirect(input: Parameters<ChatStore['openDirect']>[0]) {
    const { chatId, creator, other } = input;
    for (const chat of this.byId.values()) {
      if (chat.members.has(creator) && chat.members.has(other)) return { created: false, chat } as const;
    }
    const member = (user_id: string): [string, Member] => [
      user_id,
      {
        user_id,
        role: 'member',
        joined_at: now(),
        joined_seq: 0,
        left_seq: null,
        delivered_seq: 0,
        read_seq: 0,
      },
    ];
    const chat: ChatRecord = {
      chat_id: chatId,
      type: 'direct',
      name: '',
      description: '',
      avatar_url: '',
      is_admin_only: false,
      auto_delete_seconds: 0,
      state_version: 1,
      created_at: now(),
      updated_at: now(),
      blocked: false,
      members: new Map([member(creator), member(other)]),
    };
    this.byId.set(chatId, chat);
    return {
      created: true,
      chat,
      userVersions: { [creator]: 1, [other]: 1 },
      outboxId: randomUUID(),
    } as const;
  }

  async find(ids: readonly string[]) {
    return new Map(ids.flatMap((id) => (this.byId.has(id) ? [[id, this.byId.get(id) as ChatRecord]] : [])));
  }

  async advance(moves: Parameters<ChatStore['advance']>[0]) {
    return moves.map((move) => {
      const member = this.byId.get(move.chatId)?.members.get(move.userId);
      if (member) member.read_seq = Math.max(member.read_seq, move.read);
      return { delivered: move.delivered, read: move.read, moved: null };
    });
  }

  async listings(userId: string, chatIds: readonly string[]) {
    const found = await this.find(chatIds);
    return new Map(
      [...found.values()].map(({ members, ...chat }): [string, ChatListing] => {
        const other = [...members.values()].find((member) => member.user_id !== userId) ?? null;
        const own = { is_muted: false, mute_until: null, is_pinned: false };
        const self = members.get(userId) as Member;
        return [chat.chat_id, { ...chat, ...own, self, left_at: null, left_version: null, other }];
      }),
    );
  }

  async memberships(userId: string) {
    return [...this.byId.values()].flatMap(({ chat_id, members }): Membership[] => {
      const own = members.get(userId);
      if (!own) return [];
      const { joined_at, joined_seq, left_seq } = own;
      const pin = { is_pinned: false, pin_changed_at: null };
      return [{ chat_id, joined_at, joined_seq, left_seq, left_at: null, ...pin }];
    });
  }

  readonly createGroup = unused;
  readonly change = unused;
  readonly setWindows = unused;
  readonly userChanges = unused;
  readonly standings = unused;
  readonly syncMemberships = unused;
  readonly participantsSince = unused;
  readonly avatarsInUse = unused;
  readonly mutedBy = unused;
  readonly directOf = unused;
  readonly setOwn = unused;
  readonly receipts = unused;
}

export class FakeMessages implements MessageStore {
  readonly #all: { message: StoredMessage; fingerprint: string }[] = [];

  async append(messages: readonly NewMessage[]): Promise<AppendResult[]> {
    return messages.map((message) => {
      const known = this.#find(message.sender_id, message.client_msg_id);
      if (known) return { outcome: 'known', ...known };
      const seq = this.#of(message.chat_id).length + 1;
      const { context: _context, tokens: _tokens, fingerprint, created_at, ...rest } = message;
      const stored: StoredMessage = {
        ...rest,
        seq,
        version: seq,
        forwarded: message.forwarded_from !== null,
        reactions: {},
        is_deleted: false,
        created_at,
        updated_at: created_at,
        edited_at: null,
      };
      this.#all.push({ message: stored, fingerprint });
      return { outcome: 'stored', seq, version: seq, outboxId: randomUUID() };
    });
  }

  #find(senderId: string, clientMsgId: string) {
    return this.#all.find(
      ({ message }) => message.sender_id === senderId && message.client_msg_id === clientMsgId,
    );
  }

  async known(senderId: string, clientMsgId: string) {
    return this.#find(senderId, clientMsgId);
  }

  #of(chatId: string): StoredMessage[] {
    return this.#all.map((one) => one.message).filter((message) => message.chat_id === chatId);
  }

  async byIds(ids: readonly string[]) {
    const found = this.#all.map((one) => one.message).filter((message) => ids.includes(message.message_id));
    return new Map(found.map((message) => [message.message_id, message]));
  }

  async page({ chatId, before, limit }: Parameters<MessageStore['page']>[0]) {
    const below = this.#of(chatId).filter((message) => before === null || message.seq < before);
    return below.reverse().slice(0, limit);
  }

  async others(spans: Parameters<MessageStore['others']>[0]) {
    return spans.map(() => []);
  }

  async unread(asks: Parameters<MessageStore['unread']>[0]) {
    return asks.map(
      ({ chatId, userId, after }) =>
        this.#of(chatId).filter((message) => message.sender_id !== userId && message.seq > after).length,
    );
  }

  async newest(asks: Parameters<MessageStore['newest']>[0]) {
    return asks.map(({ chatId }) => this.#of(chatId).at(-1));
  }

  async activity(chatIds: readonly string[]) {
    return new Map(
      chatIds.flatMap((id) => {
        const last = this.#of(id).at(-1);
        return last ? [[id, last.created_at] as const] : [];
      }),
    );
  }

  async carriedIn(mediaId: string, windows: readonly Window[]) {
    return this.#all.some(({ message }) => {
      const window = windows.find(({ chatId }) => chatId === message.chat_id);
      return window !== undefined && mediaIdOf(message) === mediaId;
    });
  }

  readonly carriers = unused;
  readonly carried = unused;
  readonly change = unused;
  readonly expired = unused;
  readonly newerHeads = unused;
  readonly changedSince = unused;
  readonly between = unused;
  readonly searchChat = unused;
  readonly searchChats = unused;

  async heads(chatIds: readonly string[]) {
    return new Map(chatIds.map((id) => [id, { seq: this.#of(id).length, version: this.#of(id).length }]));
  }
}

export class FakePrivacy implements PrivacyStore {
  async relations(pairs: Parameters<PrivacyStore['relations']>[0]) {
    return pairs.map(() => ({
      privacy: {
        last_seen: 'everyone',
        profile_photo: 'everyone',
        about: 'everyone',
        read_receipts: true,
      } as const,
      isContact: false,
      blocked: false,
    }));
  }

  readonly find = unused;
  readonly update = unused;
}

export const fakeContacts: ContactStore = { sync: unused, list: unused, setBlocked: unused };

export const fakeMarks: MarkStore = {
  of: async () => new Map(),
  hiddenIn: async (_userId, windows) => windows.map(() => []),
  star: unused,
  hide: unused,
  starred: unused,
};
