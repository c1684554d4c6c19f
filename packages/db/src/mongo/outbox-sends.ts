/** The outbox's part for messages that were sent: one flag on each, named after the insert that it came with. */
import type { OutboxPayloads, OutboxRow } from '@parley/core';
import type { Collection, Filter } from 'mongodb';
import type { ChatActivity } from './activity.ts';
import type { MongoConnection } from './connection.ts';
import type { MessageDocument, OutboxFlag } from './message-document.ts';
import { messageIndexes } from './message-indexes.ts';
import { outboxIdOf } from './outbox-id.ts';
import type { MessageReader } from './reader.ts';

/** One kind of flags. */
export interface OutboxPart {
  /** The oldest batches that sort before `before` and that nobody has at `now`; with repeats. */
  due(before: string, now: Date): Promise<string[]>;
  /** Takes what of them nobody has, until then; says what that was. */
  claim(batches: string[], claim: { name: string; now: Date; until: Date }): Promise<OutboxRow[]>;
  /** Forgets the batches, or what was claimed of them. */
  forget(batches: string[], claim: string | undefined): Promise<void>;
}

/** Messages that a sweep looks at; what is left comes with the next one. */
export const messagesPerSweep = 2_000;

type Flagged = Pick<MessageDocument, '_id' | 'chat_id' | 'seq' | 'created_at'> & { outbox: OutboxFlag };

const freeAt = (now: Date): Filter<MessageDocument> => ({ 'outbox.claimed_until': { $not: { $gt: now } } });

export class SentMessages implements OutboxPart {
  readonly #connection: MongoConnection;
  readonly #collection: Collection<MessageDocument>;
  readonly #reader: MessageReader;
  readonly #activity: ChatActivity;

  constructor(
    connection: MongoConnection,
    collection: Collection<MessageDocument>,
    parts: { reader: MessageReader; activity: ChatActivity },
  ) {
    this.#connection = connection;
    this.#collection = collection;
    this.#reader = parts.reader;
    this.#activity = parts.activity;
  }

  async due(before: string, now: Date): Promise<string[]> {
    const due = (await this.#reader.find({
      filter: { 'outbox.batch': { $lt: before }, ...freeAt(now) },
      hint: messageIndexes.outbox,
      sort: { 'outbox.batch': 1 },
      fields: ['outbox'],
      limit: messagesPerSweep,
    })) as Flagged[];
    return due.map((document) => document.outbox.batch);
  }

  async claim(
    batches: string[],
    { name, now, until }: { name: string; now: Date; until: Date },
  ): Promise<OutboxRow[]> {
    // With the majority, as is read below: what is given out, the messages with it, cannot be rolled back any more.
    await this.#connection.run(() =>
      this.#collection.updateMany(
        { 'outbox.batch': { $in: batches }, ...freeAt(now) },
        { $set: { 'outbox.claim': name, 'outbox.claimed_until': until } },
        { hint: messageIndexes.outbox },
      ),
    );
    const claimed = (await this.#reader.find({
      filter: { 'outbox.batch': { $in: batches }, 'outbox.claim': name },
      hint: messageIndexes.outbox,
      fields: ['_id', 'chat_id', 'seq', 'created_at', 'outbox'],
    })) as Flagged[];
    // Whoever stored these may have died before it noted them.
    this.#activity.note(claimed);
    await this.#activity.flush();
    return [...Map.groupBy(claimed, (document) => document.outbox.batch)].map(toRow);
  }

  async forget(batches: string[], claim: string | undefined): Promise<void> {
    // Until then the flag says that this may be missing.
    await this.#activity.flush();
    await this.#connection.run(() =>
      this.#collection.updateMany(
        { 'outbox.batch': { $in: batches }, ...(claim !== undefined && { 'outbox.claim': claim }) },
        { $unset: { outbox: 1 } },
        { hint: messageIndexes.outbox, writeConcern: { w: 1 } },
      ),
    );
  }
}

/** In the order of the insert, which is that of `seq` within a chat. */
function toRow([batch, documents]: [string, Flagged[]]): OutboxRow {
  const sorted = documents.sort((a, b) => a.outbox.position - b.outbox.position);
  const payload: OutboxPayloads['msg.new'] = {
    messages: sorted.map(({ _id, outbox }) => ({ id: _id, context: outbox.context })),
  };
  return { id: outboxIdOf(batch), subject: 'msg.new', payload };
}
