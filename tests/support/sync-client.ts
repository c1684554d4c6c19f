/**
 * A client that knows nothing but answers of sync (and, where a chat begins anew, its history): what it holds at the end must be what the
 * server says. It counts on nothing that the contract does not promise, and complains where a promise is broken.
 */
import {
  type Contact,
  type Message,
  type OwnProfile,
  type PrivacySettings,
  previewOf,
  type SyncChat,
  type SyncInput,
  type SyncParticipant,
  type SyncResult,
} from '@parley/contract';

/** What a client holds of a chat. */
export interface HeldChat {
  version: number;
  state_version: number;
  removed: boolean;
  summary: NonNullable<SyncChat['chat']>;
  participants: Map<string, SyncParticipant>;
  messages: Map<string, Message>;
}

type Ask = (input: SyncInput) => Promise<SyncResult>;
type History = (chatId: string) => Promise<Message[]>;

export class SyncClient {
  readonly me: string;
  readonly chats = new Map<string, HeldChat>();
  readonly blocked = new Set<string>();
  user = 0;
  profile: OwnProfile | null = null;
  privacy: PrivacySettings | null = null;
  contacts: Contact[] = [];
  readonly #ask: Ask;
  readonly #history: History;

  constructor(me: string, ask: Ask, history: History) {
    this.me = me;
    this.#ask = ask;
    this.#history = history;
  }

  /** What the next call says is held; only of these chats, where some are named. */
  request(limit: number, only?: readonly string[]): SyncInput {
    const held = [...this.chats].filter(([id]) => only === undefined || only.includes(id));
    const numbers = held.map(([id, { version, state_version }]) => [id, { version, state_version }] as const);
    return { user: this.user, chats: Object.fromEntries(numbers), limit };
  }

  /** One page, applied; says whether there is more. */
  async page(limit: number, options: { only?: readonly string[]; twice?: boolean } = {}): Promise<boolean> {
    const answer = await this.#ask(this.request(limit, options.only));
    await this.apply(answer);
    if (options.twice) await this.apply(answer);
    return answer.has_more;
  }

  /** All pages. They must come to an end. */
  async all(limit: () => number): Promise<void> {
    for (let pages = 0; await this.page(limit()); pages++) {
      if (pages > 2_000) throw new Error('sync does not come to an end');
    }
  }

  async apply({ user, chats }: SyncResult): Promise<void> {
    if (user.reset) {
      this.blocked.clear();
      this.contacts = [];
    }
    for (const chat of chats) await this.#applyChat(chat);
    for (const change of user.changes) this.#applyChange(change);
    this.user = user.version;
  }

  async #applyChat(told: SyncChat): Promise<void> {
    const { chat_id, version, state_version, reset, removed, chat } = told;
    const before = this.chats.get(chat_id);
    if (!chat) {
      this.chats.delete(chat_id);
      return;
    }
    if (!reset && !before) throw new Error(`a change of a chat that was never told: ${chat_id}`);
    const held: HeldChat =
      reset || !before
        ? { ...told, summary: chat, participants: new Map(), messages: new Map() }
        : { ...before, version, state_version, removed, summary: chat };
    this.chats.set(chat_id, held);
    for (const each of told.participants) held.participants.set(each.user_id, each);
    if (reset) for (const message of await this.#history(chat_id)) keep(held, message);
    let last = 0;
    for (const message of told.messages) {
      if (message.version <= last) throw new Error('messages are not in the order of their versions');
      last = message.version;
      keep(held, message);
    }
  }

  #applyChange(change: SyncResult['user']['changes'][number]): void {
    switch (change.kind) {
      case 'profile':
        this.profile = change.profile;
        break;
      case 'privacy':
        this.privacy = change.privacy;
        break;
      case 'contacts':
        this.contacts = change.contacts;
        break;
      case 'block':
        if (change.blocked) this.blocked.add(change.user_id);
        else this.blocked.delete(change.user_id);
        break;
      case 'chat_own': {
        const held = this.chats.get(change.chat_id);
        if (!held) throw new Error('own settings of a chat that was not told');
        const { is_muted, mute_until, is_pinned } = change;
        held.summary = { ...held.summary, is_muted, mute_until, is_pinned };
        break;
      }
      case 'star': {
        const held = this.chats.get(change.chat_id);
        const message = held?.messages.get(change.message_id);
        if (message) held?.messages.set(message.message_id, { ...message, is_starred: change.is_starred });
        break;
      }
      case 'hide':
        this.chats.get(change.chat_id)?.messages.delete(change.message_id);
        break;
      case 'chat':
        if (!this.chats.has(change.chat_id)) throw new Error('a new chat that was not told');
    }
  }

  /** The messages of a chat as this client shows them, newest first: statuses and quotes follow from what it holds. */
  shown(chatId: string): Message[] {
    const held = this.chats.get(chatId);
    if (!held) return [];
    const all = [...held.messages.values()].sort((a, b) => b.seq - a.seq);
    return all.map((message) => ({
      ...message,
      status: statusOf(held, this.me, message),
      reply_to_preview: quoteIn(held, message),
    }));
  }
}

/** What is newer stays. */
function keep(held: HeldChat, message: Message): void {
  if (message.version >= (held.messages.get(message.message_id)?.version ?? 0)) {
    held.messages.set(message.message_id, message);
  }
}

function statusOf(held: HeldChat, me: string, { sender_id, seq }: Message): Message['status'] {
  const reached = ({ delivered_seq, read_seq }: SyncParticipant) =>
    seq <= read_seq ? 2 : seq <= delivered_seq ? 1 : 0;
  const self = held.participants.get(me);
  const names = ['sent', 'delivered', 'read'] as const;
  if (sender_id !== me) return names[self ? reached(self) : 0] ?? 'sent';
  const got = [...held.participants.values()].filter(
    ({ user_id, joined_seq, left_seq }) =>
      user_id !== me && seq > joined_seq && (left_seq === null || seq <= left_seq),
  );
  return got.length === 0 ? 'sent' : (names[Math.min(...got.map(reached))] ?? 'sent');
}

function quoteIn(held: HeldChat, { reply_to_message_id, reply_to_preview }: Message) {
  const target = held.messages.get(reply_to_message_id ?? '');
  // What is not held, for it was deleted for oneself say, stays as it was told.
  if (!target || !reply_to_preview) return reply_to_preview;
  const { type, payload, is_deleted } = target;
  return { ...reply_to_preview, preview: is_deleted ? '' : previewOf(type, payload) };
}
