import type { AppendResult, MessageStore, NewMessage, StoredMessage } from '@parley/core';

/** Messages in memory, in the order of their commits. */
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
    const known = this.#find(key);
    if (known) return { outcome: 'known', ...known };
    const seq = (this.#heads.get(message.chat_id) ?? 0) + 1;
    this.#heads.set(message.chat_id, seq);
    if (!this.forgetful) this.#keep(key, message, seq);
    return { outcome: 'stored', seq, version: seq, outboxId: message.message_id };
  }

  #find(key: string) {
    const known = this.#byClientId.get(key);
    return known && { message: this.byId.get(known.id) as StoredMessage, fingerprint: known.fingerprint };
  }

  async known(senderId: string, clientMsgId: string) {
    return this.#find(senderId + clientMsgId);
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
