import type {
  AppendResult,
  ChangeResult,
  MessageChange,
  MessageStore,
  NewMessage,
  StoredMessage,
} from '@parley/core';
import { unused } from '../../../../tests/support/unused.ts';

/** Messages in memory, in the order of their commits. */
export class FakeMessages implements MessageStore {
  readonly byId = new Map<string, StoredMessage>();
  readonly #byClientId = new Map<string, { id: string; fingerprint: string }>();
  readonly #heads = new Map<string, { seq: number; version: number }>();
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
    const known = this.#find(key);
    if (known) return { outcome: 'known', ...known };
    const head = this.#head(message.chat_id);
    const seq = ++head.seq;
    const version = ++head.version;
    if (!this.forgetful) this.#keep(key, message, seq, version);
    return { outcome: 'stored', seq, version, outboxId: message.message_id };
  }

  #head(chatId: string) {
    const head = this.#heads.get(chatId) ?? { seq: 0, version: 0 };
    this.#heads.set(chatId, head);
    return head;
  }

  async change(changes: readonly MessageChange[]): Promise<ChangeResult[]> {
    await this.hold;
    return changes.map((change) => this.#change(change));
  }

  #change(change: MessageChange): ChangeResult {
    const before = this.byId.get(change.messageId);
    if (!before || before.is_deleted) return { outcome: 'gone' };
    const changed = { ...before, ...this.#fields(before, change), updated_at: change.at };
    const message = { ...changed, version: ++this.#head(change.chatId).version };
    this.byId.set(change.messageId, message);
    const released = 'media_id' in before.payload && message.is_deleted ? before.payload.media_id : null;
    return { outcome: 'changed', message, outboxId: `${change.chatId}-${message.version}`, released };
  }

  #fields(before: StoredMessage, change: MessageChange): Partial<StoredMessage> {
    if (change.kind === 'edit') return { payload: change.payload, edited_at: change.at };
    if (change.kind === 'media') return {};
    if (change.kind !== 'react') return { payload: {}, reactions: {}, is_deleted: true };
    const { [change.userId]: _before, ...others } = before.reactions;
    return {
      reactions: change.emoji === null ? others : { ...others, [change.userId]: change.emoji },
    };
  }

  #find(key: string) {
    const known = this.#byClientId.get(key);
    return known && { message: this.byId.get(known.id) as StoredMessage, fingerprint: known.fingerprint };
  }

  async known(senderId: string, clientMsgId: string) {
    return this.#find(senderId + clientMsgId);
  }

  #keep(key: string, message: NewMessage, seq: number, version: number): void {
    const { fingerprint, context: _context, tokens: _tokens, ...fields } = message;
    this.#byClientId.set(key, { id: message.message_id, fingerprint });
    this.byId.set(message.message_id, {
      ...fields,
      seq,
      version,
      forwarded: message.forwarded_from !== null,
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

  async unread(asks: Parameters<MessageStore['unread']>[0]) {
    return asks.map(
      ({ chatId, userId, after }) =>
        [...this.byId.values()].filter(
          (m) => m.chat_id === chatId && m.sender_id !== userId && m.seq > after && !m.is_deleted,
        ).length,
    );
  }

  async heads(chatIds: readonly string[]) {
    return new Map(chatIds.map((id) => [id, { ...this.#head(id) }]));
  }

  async newest(asks: readonly unknown[]) {
    return asks.map(() => undefined);
  }

  async activity() {
    return new Map<string, string>();
  }

  readonly page = unused;
  readonly newerHeads = unused;
  readonly changedSince = unused;
  readonly between = unused;
  readonly expired = unused;
  readonly carriers = unused;
  readonly carried = unused;
  readonly carriedIn = unused;
  readonly searchChat = unused;
  readonly searchChats = unused;
}
