/** In-memory stores behind core's ports: as much as real time needs. */
import type {
  AppendResult,
  ChatRecord,
  ChatStore,
  Member,
  MessageStore,
  NewMessage,
  PositionMove,
  PositionResult,
  PrivacyRecord,
  PrivacyStore,
  SessionStore,
  StoredMessage,
  UserRecord,
  UserStore,
} from '@parley/core';

const iso = '2026-03-01T09:20:00.000Z';

export class FakeUsers implements UserStore {
  readonly records = new Map<string, UserRecord>();

  add(id: string): UserRecord {
    const user: UserRecord = {
      id,
      phone: '+491510000000',
      display_name: `User ${id.slice(-4)}`,
      avatar_url: '',
      status_text: '',
      last_seen: null,
      user_version: 0,
      created_at: iso,
      updated_at: iso,
    };
    this.records.set(id, user);
    return user;
  }

  upsertByPhone(): never {
    throw new Error('not needed here');
  }

  async find(id: string) {
    return this.records.get(id);
  }

  async findMany(ids: readonly string[]) {
    return new Map(
      ids.flatMap((id) => (this.records.has(id) ? [[id, this.records.get(id) as UserRecord]] : [])),
    );
  }

  async updateProfile(id: string) {
    return this.records.get(id);
  }

  async setLastSeen(id: string, at: Date) {
    const user = this.records.get(id);
    if (user) user.last_seen = at.toISOString();
  }
}

export const fakeSessions: SessionStore = {
  async create() {},
  async rotate() {
    return { outcome: 'unknown' };
  },
  async sessionOf() {
    return undefined;
  },
  async revoke(_userId, sessionIds) {
    return sessionIds === 'all' ? [] : [...sessionIds];
  },
};

export class FakePrivacy implements PrivacyStore {
  readonly settings = new Map<string, Partial<PrivacyRecord>>();

  async relations(pairs: readonly { viewer: string; target: string }[]) {
    return pairs.map(({ target }) => ({
      privacy: {
        last_seen: 'everyone' as const,
        profile_photo: 'everyone' as const,
        about: 'everyone' as const,
        read_receipts: true,
        ...this.settings.get(target),
      },
      isContact: false,
      blocked: false,
    }));
  }
}

export class FakeChats implements ChatStore {
  readonly records = new Map<string, ChatRecord>();
  /** Resolves before a look-up answers, to make it slow. */
  hold: Promise<void> | null = null;

  add(chatId: string, userIds: readonly string[]): ChatRecord {
    const member = (user_id: string): Member => ({
      user_id,
      role: 'member',
      joined_at: iso,
      joined_seq: 0,
      left_seq: null,
      delivered_seq: 0,
      read_seq: 0,
    });
    const chat: ChatRecord = {
      chat_id: chatId,
      type: userIds.length === 2 ? 'direct' : 'group',
      name: '',
      avatar_url: '',
      state_version: 1,
      created_at: iso,
      updated_at: iso,
      blocked: false,
      members: new Map(userIds.map((id) => [id, member(id)])),
    };
    this.records.set(chatId, chat);
    return chat;
  }

  async openDirect(input: { chatId: string; creator: string; other: string }) {
    const chat = this.add(input.chatId, [input.creator, input.other]);
    const userVersions = { [input.creator]: 7, [input.other]: 9 };
    return { created: true as const, chat, userVersions, outboxId: input.chatId };
  }

  async find(ids: readonly string[]) {
    await this.hold;
    return new Map(
      ids.flatMap((id) => (this.records.has(id) ? [[id, this.records.get(id) as ChatRecord]] : [])),
    );
  }

  async advance(moves: readonly PositionMove[]): Promise<PositionResult[]> {
    return moves.map((move) => {
      const chat = this.records.get(move.chatId) as ChatRecord;
      const member = chat.members.get(move.userId) as Member;
      const span = (from: number, to: number) => (to > from ? { from, to } : null);
      const delivered = span(member.delivered_seq, move.delivered);
      const read = span(member.read_seq, move.read);
      member.delivered_seq = Math.max(member.delivered_seq, move.delivered);
      member.read_seq = Math.max(member.read_seq, move.read);
      const positions = { delivered: member.delivered_seq, read: member.read_seq };
      if (!delivered && !read) return { ...positions, moved: null };
      const stateVersion = ++chat.state_version;
      const at = new Date().toISOString();
      return {
        ...positions,
        moved: { delivered, read, stateVersion, at, outboxId: `state-${stateVersion}` },
      };
    });
  }
}

export class FakeMessages implements MessageStore {
  readonly byId = new Map<string, StoredMessage>();
  readonly #byClientId = new Map<string, { id: string; fingerprint: string }>();
  readonly #heads = new Map<string, number>();
  /** Sizes of the commits so far. */
  readonly batches: number[] = [];
  /** Fails the next commit with this. */
  failWith: Error | null = null;
  /** Resolves before a commit is done, to make it slow. */
  hold: Promise<void> | null = null;
  /** Only numbers are kept: for measuring. */
  forgetful = false;

  async append(messages: readonly NewMessage[]): Promise<AppendResult[]> {
    await this.hold;
    const error = this.failWith;
    this.failWith = null;
    if (error) throw error;
    this.batches.push(messages.length);
    return messages.map((message) => this.#append(message));
  }

  #append(message: NewMessage): AppendResult {
    const key = message.sender_id + message.client_msg_id;
    const known = this.#byClientId.get(key);
    if (known) {
      const stored = this.byId.get(known.id) as StoredMessage;
      return { outcome: 'known', message: stored, fingerprint: known.fingerprint };
    }
    const seq = (this.#heads.get(message.chat_id) ?? 0) + 1;
    this.#heads.set(message.chat_id, seq);
    if (!this.forgetful) this.#keep(key, message, seq);
    return { outcome: 'stored', seq, version: seq, outboxId: message.message_id };
  }

  #keep(key: string, message: NewMessage, seq: number): void {
    const { fingerprint, context: _context, ...fields } = message;
    this.#byClientId.set(key, { id: message.message_id, fingerprint });
    this.byId.set(message.message_id, {
      ...fields,
      seq,
      version: seq,
      forwarded: false,
      forwarded_from: null,
      reactions: {},
      is_deleted: false,
      updated_at: message.created_at,
      edited_at: null,
    });
  }

  async byIds(ids: readonly string[]) {
    return new Map(
      ids.flatMap((id) => (this.byId.has(id) ? [[id, this.byId.get(id) as StoredMessage]] : [])),
    );
  }

  async page() {
    return [];
  }

  async others(
    spans: readonly { chatId: string; userId: string; from: number; to: number; limit: number }[],
  ) {
    return spans.map(({ chatId, userId, from, to, limit }) =>
      [...this.byId.values()]
        .filter((m) => m.chat_id === chatId && m.sender_id !== userId && m.seq > from && m.seq <= to)
        .sort((a, b) => b.seq - a.seq)
        .slice(0, limit)
        .map(({ message_id, sender_id, seq }) => ({ message_id, sender_id, seq })),
    );
  }

  async countUnread(input: { chatId: string; userId: string; after: number }) {
    return [...this.byId.values()].filter(
      (m) => m.chat_id === input.chatId && m.sender_id !== input.userId && m.seq > input.after,
    ).length;
  }

  async heads(chatIds: readonly string[]) {
    return new Map(
      chatIds.map((id) => [id, { seq: this.#heads.get(id) ?? 0, version: this.#heads.get(id) ?? 0 }]),
    );
  }
}
