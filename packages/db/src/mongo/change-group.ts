/** Neighbouring changes of one message, which one update makes: what each comes to, and the update. */
import { isDeepStrictEqual } from 'node:util';
import type { ChangeResult, MessageChange, StoredMessage } from '@parley/core';
import type { Filter, UpdateFilter } from 'mongodb';
import type { Head } from './head-cache.ts';
import type { MessageDocument, UntoldChange } from './message-document.ts';
import { newBatch, outboxIdOf } from './outbox-id.ts';

/** A change that waits for its answer. */
export interface WaitingChange {
  change: MessageChange;
  /** Changes of one call share their outbox rows. */
  call: object;
  deadline: number;
  resolve(result: ChangeResult): void;
  reject(error: unknown): void;
}

/** Changes in one update at most. */
export const groupSize = 100;
/**
 * Changes of one message that may wait for their events: with the bus away for long its document must not grow over what MongoDB
 * takes. More are "unavailable".
 */
const maxUntold = 2_000;
/**
 * Past versions that stay taken in a message (see `change.ts`): as many changes of one message take far longer than anything that was
 * given up can still be carried out.
 */
const maxVersions = 10_000;

export class ChangeGroup {
  readonly #before: StoredMessage | undefined;
  readonly #head: Head;
  readonly #answers: { entry: WaitingChange; result: ChangeResult }[] = [];
  readonly #untold: UntoldChange[] = [];
  readonly #versions: number[] = [];
  readonly #batches = new Map<object, string>();
  #set: Record<string, unknown> = {};
  #unset: Record<string, ''> = {};
  /** As it is after the changes. */
  message: StoredMessage | undefined;

  constructor(message: StoredMessage | undefined, head: Head) {
    this.#before = message;
    this.message = message;
    this.#head = head;
  }

  /** Whether there is anything to be written. */
  get changes(): boolean {
    return this.#versions.length > 0;
  }

  /** The chat's version after the changes. */
  get version(): number {
    return this.#versions.at(-1) ?? this.#head.version;
  }

  add(entry: WaitingChange): void {
    this.#answers.push({ entry, result: this.#resultOf(entry) });
  }

  #resultOf({ change, call }: WaitingChange): ChangeResult {
    const message = this.message?.chat_id === change.chatId ? this.message : undefined;
    const deletes = change.kind === 'delete' || change.kind === 'expire';
    if (!message || (isGone(message, change.at) && !deletes)) {
      return { outcome: 'gone' };
    }
    const after = this.#apply(message, change);
    if (!after) return { outcome: 'unchanged', message };
    const version = this.version + 1;
    const changed = { ...after, version, updated_at: new Date(change.at).toISOString() };
    const released = deletes && 'media_id' in message.payload ? message.payload.media_id : null;
    const batch = this.#batches.get(call) ?? newBatch('changes');
    this.#batches.set(call, batch);
    this.message = changed;
    this.#versions.push(version);
    this.#untold.push({
      batch,
      position: this.#untold.length,
      change: {
        messageId: change.messageId,
        chatId: change.chatId,
        kind: change.kind,
        seq: message.seq,
        version,
        userId: change.kind === 'react' ? change.userId : null,
        emoji: change.kind === 'react' ? change.emoji : null,
        released,
        context: change.context,
      },
    });
    return { outcome: 'changed', message: changed, outboxId: outboxIdOf(batch), released };
  }

  /** The message after the change; undefined where it is so already. */
  #apply(message: StoredMessage, change: MessageChange): StoredMessage | undefined {
    switch (change.kind) {
      case 'delete':
      case 'expire': {
        if (message.is_deleted || (change.kind === 'expire' && !isOver(message, change.at))) return undefined;
        const emptied = { payload: {}, reactions: {}, is_deleted: true };
        // Nothing that was to be set before it is left to be set.
        this.#set = { ...emptied, tokens: [] };
        this.#unset = {};
        if (message.edited_at !== null) this.#set.edited_at = new Date(message.edited_at);
        return { ...message, ...emptied };
      }
      case 'edit': {
        if (isDeepStrictEqual(message.payload, change.payload)) return undefined;
        Object.assign(this.#set, {
          payload: change.payload,
          tokens: change.tokens,
          edited_at: new Date(change.at),
        });
        return { ...message, payload: change.payload, edited_at: new Date(change.at).toISOString() };
      }
      case 'react':
        return this.#react(message, change.userId, change.emoji);
      case 'media':
        return message;
    }
  }

  #react(message: StoredMessage, userId: string, emoji: string | null): StoredMessage | undefined {
    const { [userId]: own = null, ...others } = message.reactions;
    if (own === emoji) return undefined;
    const field = `reactions.${userId}`;
    delete this.#set[field];
    delete this.#unset[field];
    if (emoji === null) this.#unset[field] = '';
    else this.#set[field] = emoji;
    return { ...message, reactions: emoji === null ? others : { ...message.reactions, [userId]: emoji } };
  }

  /** Matches the message only as it was, and takes the versions behind the head. */
  toUpdate(): { filter: Filter<MessageDocument>; update: UpdateFilter<MessageDocument> } {
    const { message } = this;
    if (!message || !this.#before) throw new Error('there is nothing to update');
    return {
      filter: {
        _id: message.message_id,
        chat_id: message.chat_id,
        version: this.#before.version,
        is_deleted: false,
        [`untold.${maxUntold - 1}`]: { $exists: false },
      },
      update: {
        $set: {
          ...this.#set,
          version: message.version,
          chat_seq: this.#head.seq,
          chat_tally: this.#head.tally,
          updated_at: new Date(message.updated_at),
        },
        ...(Object.keys(this.#unset).length > 0 && { $unset: this.#unset }),
        $push: {
          versions: { $each: this.#versions, $slice: -maxVersions },
          untold: { $each: this.#untold },
        },
      } as UpdateFilter<MessageDocument>,
    };
  }

  /** Answers who waits: the changes are made, or there were none to make. */
  settle(): void {
    for (const { entry, result } of this.#answers) entry.resolve(result);
  }
}

function isOver({ expires_at }: StoredMessage, at: string): boolean {
  return expires_at !== null && Date.parse(expires_at) <= Date.parse(at);
}

function isGone(message: StoredMessage, at: string): boolean {
  return message.is_deleted || isOver(message, at);
}
