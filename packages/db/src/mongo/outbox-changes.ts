/**
 * The outbox's part for changes: entries in an array of the changed message, for it may be changed again before the first is
 * published. A batch is part of one update of one message, so it is there as a whole or not at all.
 */
import type { OutboxPayloads, OutboxRow } from '@parley/core';
import type { Collection, UpdateFilter } from 'mongodb';
import type { MongoConnection } from './connection.ts';
import type { MessageDocument, UntoldChange } from './message-document.ts';
import { messageIndexes } from './message-indexes.ts';
import { outboxIdOf } from './outbox-id.ts';
import { messagesPerSweep, type OutboxPart } from './outbox-sends.ts';
import type { MessageReader } from './reader.ts';

export class ChangedMessages implements OutboxPart {
  readonly #connection: MongoConnection;
  readonly #collection: Collection<MessageDocument>;
  readonly #reader: MessageReader;

  constructor(
    connection: MongoConnection,
    collection: Collection<MessageDocument>,
    parts: { reader: MessageReader },
  ) {
    this.#connection = connection;
    this.#collection = collection;
    this.#reader = parts.reader;
  }

  async due(before: string, now: Date): Promise<string[]> {
    // All that there are rather than those before `before`: only so does the index of an array give them sorted. There is
    // little that is younger.
    const documents = await this.#reader.find({
      filter: {
        'untold.batch': { $exists: true },
        untold: { $elemMatch: { claimed_until: { $not: { $gt: now } } } },
      },
      hint: messageIndexes.untold,
      sort: { 'untold.batch': 1 },
      fields: ['untold'],
      limit: messagesPerSweep,
    });
    return untoldOf(documents)
      .filter(({ batch, claimed_until }) => batch < before && !(claimed_until && claimed_until > now))
      .map(({ batch }) => batch);
  }

  async claim(
    batches: string[],
    { name, now, until }: { name: string; now: Date; until: Date },
  ): Promise<OutboxRow[]> {
    const free = { 'entry.batch': { $in: batches }, 'entry.claimed_until': { $not: { $gt: now } } };
    await this.#connection.run(() =>
      this.#collection.updateMany(
        { 'untold.batch': { $in: batches } },
        { $set: { 'untold.$[entry].claim': name, 'untold.$[entry].claimed_until': until } },
        { hint: messageIndexes.untold, arrayFilters: [free] },
      ),
    );
    const documents = await this.#reader.find({
      filter: { 'untold.batch': { $in: batches } },
      hint: messageIndexes.untold,
      fields: ['untold'],
    });
    const claimed = untoldOf(documents).filter(({ claim }) => claim === name);
    return [...Map.groupBy(claimed, (entry) => entry.batch)].map(toRow);
  }

  async forget(batches: string[], claim: string | undefined): Promise<void> {
    const published = { batch: { $in: batches }, ...(claim !== undefined && { claim }) };
    await this.#connection.run(() =>
      this.#collection.updateMany(
        { 'untold.batch': { $in: batches } },
        { $pull: { untold: published } } as UpdateFilter<MessageDocument>,
        { hint: messageIndexes.untold, writeConcern: { w: 1 } },
      ),
    );
  }
}

function untoldOf(documents: readonly MessageDocument[]): UntoldChange[] {
  return documents.flatMap((document) => document.untold ?? []);
}

function toRow([batch, entries]: [string, UntoldChange[]]): OutboxRow {
  const payload: OutboxPayloads['msg.changed'] = {
    changes: entries.sort((a, b) => a.position - b.position).map((entry) => entry.change),
  };
  return { id: outboxIdOf(batch), subject: 'msg.changed', payload };
}
