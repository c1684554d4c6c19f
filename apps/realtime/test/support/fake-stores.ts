/** In-memory stores behind core's ports: as much as real time needs. */
import type {
  ChatListing,
  ChatRecord,
  ChatStore,
  Member,
  PositionMove,
  PositionResult,
  SessionStore,
  UserRecord,
  UserStore,
} from '@parley/core';
import { unused } from '../../../../tests/support/unused.ts';

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

  async find(id: string) {
    return this.records.get(id);
  }

  async findMany(ids: readonly string[]) {
    return new Map(
      ids.flatMap((id) => (this.records.has(id) ? [[id, this.records.get(id) as UserRecord]] : [])),
    );
  }

  async setLastSeen(id: string, at: Date) {
    const user = this.records.get(id);
    if (user) user.last_seen = at.toISOString();
  }

  readonly avatarsInUse = unused;
  readonly upsertByPhone = unused;
  readonly updateProfile = unused;
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
  list: unused,
  isOf: unused,
  forget: unused,
};

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
      description: '',
      avatar_url: '',
      is_admin_only: false,
      auto_delete_seconds: 0,
      state_version: 1,
      created_at: iso,
      updated_at: iso,
      blocked: false,
      members: new Map(userIds.map((id) => [id, member(id)])),
    };
    this.records.set(chatId, chat);
    return chat;
  }

  /** Changes a chat as a store does: records that were read before stay as they are. */
  replace(chatId: string, change: (chat: ChatRecord) => void): void {
    const chat = structuredClone(this.records.get(chatId) as ChatRecord);
    change(chat);
    this.records.set(chatId, chat);
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

  async listings(userId: string, chatIds: readonly string[]) {
    const found = await this.find(chatIds);
    return new Map(
      [...found.values()].map(({ members, ...chat }): [string, ChatListing] => {
        const others = [...members.values()].filter((member) => member.user_id !== userId);
        const other = chat.type === 'direct' ? (others[0] ?? null) : null;
        const own = { is_muted: false, mute_until: null, is_pinned: false };
        const self = members.get(userId) as Member;
        return [chat.chat_id, { ...chat, ...own, self, left_at: null, left_version: null, other }];
      }),
    );
  }

  async directOf(a: string, b: string) {
    const chats = [...this.records.values()].filter((chat) => chat.type === 'direct');
    return chats.find(({ members }) => members.has(a) && members.has(b))?.chat_id;
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

  readonly avatarsInUse = unused;
  readonly mutedBy = unused;
  readonly createGroup = unused;
  readonly change = unused;
  readonly setWindows = unused;
  readonly userChanges = unused;
  readonly standings = unused;
  readonly syncMemberships = unused;
  readonly participantsSince = unused;
  readonly memberships = unused;
  readonly setOwn = unused;
  readonly receipts = unused;
}
