/** How far the storing of one batch has come: what is left, what is stored or known, and the heads it goes by. */
import type { AppendResult, NewMessage } from '@parley/core';
import { type Head, noHead } from './head-cache.ts';
import { type MessageDocument, toStored } from './message-document.ts';
import { newBatch, outboxIdOf } from './outbox-id.ts';
import { keyOf } from './reader.ts';

export class AppendRun {
  readonly deadline: number;
  /** What is neither stored nor known yet, in the order given. */
  rest: NewMessage[];
  readonly #heads = new Map<string, { head: Head; remembered: boolean }>();
  readonly #stored = new Map<string, { document: MessageDocument; outboxId: string }>();
  readonly #known = new Map<string, MessageDocument>();

  constructor(messages: NewMessage[], deadline: number) {
    this.rest = messages;
    this.deadline = deadline;
  }

  chatsWithoutHead(): string[] {
    const chatIds = new Set(this.rest.map((message) => message.chat_id));
    return [...chatIds].filter((chatId) => !this.#heads.has(chatId));
  }

  /** A head that was right a moment ago. */
  remember(chatId: string, head: Head): void {
    this.#heads.set(chatId, { head, remembered: true });
  }

  /** A head as it was read just now. */
  learn(chatId: string, head: Head): void {
    this.#heads.set(chatId, { head, remembered: false });
  }

  headOf(chatId: string): Head {
    return this.#heads.get(chatId)?.head ?? noHead;
  }

  /** Drops the head of a chat in which somebody was faster, and all that were not read by this run; says which. */
  forgetRemembered(lost: string | undefined): string[] {
    const dropped = [...this.#heads].flatMap(([chatId, { remembered }]) =>
      remembered || chatId === lost ? [chatId] : [],
    );
    for (const chatId of dropped) this.#heads.delete(chatId);
    return dropped;
  }

  /** The rest as documents, with the numbers that follow the heads. */
  number(): MessageDocument[] {
    const batch = newBatch('sends');
    const next = new Map<string, Head>();
    return this.rest.map((message, position) => {
      const before = next.get(message.chat_id) ?? this.headOf(message.chat_id);
      const head = {
        seq: before.seq + 1,
        version: before.version + 1,
        tally: before.tally + (message.type === 'system' ? 0 : 1),
      };
      next.set(message.chat_id, head);
      const at = new Date(message.created_at);
      return {
        _id: message.message_id,
        chat_id: message.chat_id,
        ...head,
        versions: [head.version],
        chat_seq: head.seq,
        chat_tally: head.tally,
        sender_id: message.sender_id,
        client_msg_id: message.client_msg_id,
        type: message.type,
        payload: message.payload,
        reply_to_message_id: message.reply_to_message_id,
        forwarded_from: message.forwarded_from,
        reactions: {},
        is_deleted: false,
        fingerprint: message.fingerprint,
        created_at: at,
        updated_at: at,
        edited_at: null,
        expires_at: message.expires_at === null ? null : new Date(message.expires_at),
        tokens: message.tokens,
        outbox: { batch, position, context: message.context },
      };
    });
  }

  /** Notes that these documents, the first of what `number` gave, are stored; says in which chats. */
  settle(documents: readonly MessageDocument[]): Set<string> {
    const chatIds = new Set<string>();
    for (const document of documents) {
      this.#stored.set(keyOf(document), { document, outboxId: outboxIdOf(document.outbox?.batch ?? '') });
      const { seq, version, chat_tally: tally = 0 } = document;
      this.learn(document.chat_id, { seq, version, tally });
      chatIds.add(document.chat_id);
    }
    this.rest = this.rest.slice(documents.length);
    return chatIds;
  }

  takeKnown(document: MessageDocument): void {
    this.#known.set(keyOf(document), document);
    this.rest = this.rest.filter((message) => keyOf(message) !== keyOf(document));
  }

  /** @param first whether it is the first of its id in the batch */
  resultOf(message: NewMessage, first: boolean): AppendResult {
    const stored = this.#stored.get(keyOf(message));
    if (stored && first) {
      const { seq, version } = stored.document;
      return { outcome: 'stored', seq, version, outboxId: stored.outboxId };
    }
    const document = stored?.document ?? this.#known.get(keyOf(message));
    if (!document) throw new Error('a message was neither stored nor known');
    return { outcome: 'known', message: toStored(document), fingerprint: document.fingerprint };
  }
}
