/** Messages and marks in memory: as much of the ports as the rules of messages need. */
import type {
  AppendResult,
  ChangeResult,
  MarkedMessage,
  MarkStore,
  MessageChange,
  MessageStore,
  NewMessage,
  StoredMessage,
  Tell,
  Told,
} from '../../src/ports/stores.ts';

type Kept = StoredMessage & { fingerprint: string };

export class FakeMessages
  implements
    Pick<
      MessageStore,
      | 'append'
      | 'change'
      | 'known'
      | 'byIds'
      | 'page'
      | 'unread'
      | 'expired'
      | 'others'
      | 'carriers'
      | 'carried'
      | 'carriedIn'
    >
{
  readonly byId = new Map<string, Kept>();
  /** How many messages each `append` was given. */
  readonly batches: number[] = [];
  readonly appended: NewMessage[] = [];
  readonly changed: MessageChange[] = [];
  /** Makes `append` fail for batches that it says so of. */
  refuse: (messages: readonly NewMessage[]) => boolean = () => false;
  /** `append` waits for this. */
  hold: Promise<void> | null = null;
  #commits = 0;
  readonly #heads = new Map<string, { seq: number; version: number }>();

  async append(messages: readonly NewMessage[]): Promise<AppendResult[]> {
    this.batches.push(messages.length);
    await this.hold;
    if (this.refuse(messages)) throw new Error('one of them is refused');
    const outboxId = `append-${++this.#commits}`;
    return messages.map((message) => {
      this.appended.push(message);
      const { fingerprint, tokens: _tokens, context: _context, ...fields } = message;
      for (const known of this.byId.values()) {
        if (known.sender_id === message.sender_id && known.client_msg_id === message.client_msg_id) {
          return { outcome: 'known', message: known, fingerprint: known.fingerprint };
        }
      }
      const head = this.#next(message.chat_id, true);
      this.byId.set(message.message_id, {
        ...fields,
        ...head,
        fingerprint,
        forwarded: message.forwarded_from !== null,
        reactions: {},
        is_deleted: false,
        updated_at: message.created_at,
        edited_at: null,
      });
      return { outcome: 'stored', ...head, outboxId };
    });
  }

  #next(chatId: string, isNew: boolean): { seq: number; version: number } {
    const head = this.#heads.get(chatId) ?? { seq: 0, version: 0 };
    head.version++;
    if (isNew) head.seq++;
    this.#heads.set(chatId, head);
    return { ...head };
  }

  async change(changes: readonly MessageChange[]): Promise<ChangeResult[]> {
    const outboxId = `change-${++this.#commits}`;
    return changes.map((change): ChangeResult => {
      this.changed.push(change);
      const message = this.byId.get(change.messageId);
      if (!message) return { outcome: 'gone' };
      const over = message.is_deleted || (message.expires_at !== null && message.expires_at <= change.at);
      if (message.is_deleted && (change.kind === 'delete' || change.kind === 'expire')) {
        return { outcome: 'unchanged', message: { ...message } };
      }
      let released: string | null = null;
      if (change.kind === 'delete' || change.kind === 'expire') {
        if (change.kind === 'expire' && !over) return { outcome: 'unchanged', message: { ...message } };
        released = 'media_id' in message.payload ? message.payload.media_id : null;
        Object.assign(message, { payload: {}, reactions: {}, is_deleted: true });
      } else if (over) return { outcome: 'gone' };
      else if (change.kind === 'edit') {
        Object.assign(message, { payload: change.payload, edited_at: change.at });
      } else if (change.kind === 'react') {
        if ((message.reactions[change.userId] ?? null) === change.emoji) {
          return { outcome: 'unchanged', message: { ...message } };
        }
        const { [change.userId]: _before, ...others } = message.reactions;
        message.reactions = change.emoji === null ? others : { ...others, [change.userId]: change.emoji };
      }
      message.version = this.#next(message.chat_id, false).version;
      return { outcome: 'changed', message: { ...message }, outboxId, released };
    });
  }

  async known(senderId: string, clientMsgId: string) {
    for (const message of this.byId.values()) {
      if (message.sender_id === senderId && message.client_msg_id === clientMsgId) {
        return { message, fingerprint: message.fingerprint };
      }
    }
    return undefined;
  }

  async byIds(ids: readonly string[]) {
    const found = new Map<string, StoredMessage>();
    for (const id of ids) {
      const message = this.byId.get(id);
      if (message) found.set(id, { ...message });
    }
    return found;
  }

  async page({ chatId, before, after, upTo, limit }: Parameters<MessageStore['page']>[0]) {
    return [...this.byId.values()]
      .filter(({ chat_id, seq }) => chat_id === chatId && seq > after && seq <= (upTo ?? seq))
      .filter(({ seq }) => before === null || seq < before)
      .sort((a, b) => b.seq - a.seq)
      .slice(0, limit);
  }

  async unread(asks: Parameters<MessageStore['unread']>[0], now: string) {
    return asks.map(
      ({ chatId, after, upTo, userId, except }) =>
        [...this.byId.values()]
          .filter(({ chat_id, seq }) => chat_id === chatId && seq > after && seq <= (upTo ?? seq))
          .filter((message) => message.sender_id !== userId && message.type !== 'system')
          .filter((message) => !message.is_deleted && (message.expires_at ?? '~') > now)
          .filter((message) => !except.includes(message.message_id)).length,
    );
  }

  async expired(now: string, limit: number) {
    return [...this.byId.values()]
      .filter((message) => !message.is_deleted && message.expires_at !== null && message.expires_at <= now)
      .slice(0, limit);
  }

  async carriers(mediaId: string, limit: number) {
    return this.#carrying(mediaId).slice(0, limit);
  }

  async carried(mediaIds: readonly string[]) {
    return new Set(mediaIds.filter((id) => this.#carrying(id).length > 0));
  }

  async carriedIn(mediaId: string, windows: Parameters<MessageStore['carriedIn']>[1], now: string) {
    return this.#carrying(mediaId)
      .filter((message) => (message.expires_at ?? '~') > now)
      .some(({ chat_id, seq }) =>
        windows.some((w) => w.chatId === chat_id && seq > w.after && seq <= (w.upTo ?? seq)),
      );
  }

  #carrying(mediaId: string): Kept[] {
    return [...this.byId.values()].filter(
      ({ payload }) => 'media_id' in payload && payload.media_id === mediaId,
    );
  }

  async others(spans: Parameters<MessageStore['others']>[0]) {
    return spans.map(() => []);
  }
}

/** A mark, and the message that it is on. */
interface Mark extends MarkedMessage {
  starred_at: string | null;
  hidden: boolean;
}

export class FakeMarks implements MarkStore {
  readonly #marks = new Map<string, Map<string, Mark>>();
  #version = 0;
  #stars = 0;

  #markOf(userId: string, { message_id, chat_id, seq }: MarkedMessage): Mark {
    const own = this.#marks.get(userId) ?? new Map<string, Mark>();
    this.#marks.set(userId, own);
    const mark = own.get(message_id) ?? { message_id, chat_id, seq, starred_at: null, hidden: false };
    own.set(message_id, mark);
    return mark;
  }

  #told(tell: Tell): Told {
    return { outboxId: `mark-${++this.#version}`, events: tell(this.#version) };
  }

  async star(userId: string, message: MarkedMessage, starred: boolean, tell: Tell) {
    const mark = this.#markOf(userId, message);
    if (starred === (mark.starred_at !== null)) return null;
    mark.starred_at = starred ? new Date(Date.UTC(2026, 0, 1) + ++this.#stars).toISOString() : null;
    return this.#told(tell);
  }

  async hide(userId: string, message: MarkedMessage, tell: Tell) {
    const mark = this.#markOf(userId, message);
    if (mark.hidden) return null;
    mark.hidden = true;
    return this.#told(tell);
  }

  async of(userId: string, messageIds: readonly string[]) {
    const own = this.#marks.get(userId);
    return new Map(
      messageIds.flatMap((id) => {
        const mark = own?.get(id);
        return mark ? [[id, { starred: mark.starred_at !== null, hidden: mark.hidden }] as const] : [];
      }),
    );
  }

  async hiddenIn(userId: string, windows: Parameters<MarkStore['hiddenIn']>[1]) {
    const own = [...(this.#marks.get(userId)?.values() ?? [])].filter((mark) => mark.hidden);
    return windows.map(({ chatId, after, upTo }) =>
      own
        .filter(({ chat_id, seq }) => chat_id === chatId && seq > after && seq <= (upTo ?? seq))
        .map((mark) => mark.message_id),
    );
  }

  async starred(userId: string, before: Parameters<MarkStore['starred']>[1], limit: number) {
    const key = (star: { starred_at: string; message_id: string }) => star.starred_at + star.message_id;
    return [...(this.#marks.get(userId)?.values() ?? [])]
      .flatMap((mark) =>
        mark.starred_at === null || mark.hidden ? [] : [{ ...mark, starred_at: mark.starred_at }],
      )
      .filter((star) => before === null || key(star) < key(before))
      .sort((a, b) => (key(a) < key(b) ? 1 : -1))
      .slice(0, limit);
  }
}
