/**
 * The outbox on MongoDB: flags on the messages themselves, grouped by the insert that they came with.
 *
 * A row is what of such a batch a sweep could claim. Each document is claimed by itself, so sweeps that meet never get the same
 * message, and a batch of which more appears later (an insert that is still going on) is never forgotten unseen: `complete`
 * forgets what its sweep claimed and nothing else. Ids that no sweep gave out come from the process that stored the batch and knows
 * all of it.
 *
 * Times are those of the programs' clocks, not of the server, whose clock an insert cannot use: the batch's name tells when it was
 * made, the claim until when it holds. Clocks that differ make a row come later, or twice with the same event ids; none is lost.
 */
import { randomUUID } from 'node:crypto';
import type { OutboxPayloads, OutboxRow, OutboxStore } from '@parley/core';
import type { Collection, Filter } from 'mongodb';
import type { MongoConnection } from './connection.ts';
import {
  type MessageDocument,
  messageIndexes,
  messagesCollection,
  type OutboxFlag,
} from './message-document.ts';
import { batchesUpTo, batchOf, outboxIdOf } from './outbox-id.ts';
import { MessageReader } from './reader.ts';

/** Messages that a sweep looks at; what is left comes with the next one. */
const messagesPerSweep = 2_000;
/** Batches, of up to 200 messages each, that one update forgets. */
const batchesPerUpdate = 20;
/** Milliseconds after its end for which a claim is remembered: far longer than any publishing takes. */
const claimMemoryMs = 600_000;

type Flagged = Pick<MessageDocument, '_id'> & { outbox: OutboxFlag };

export class MongoOutboxStore implements OutboxStore {
  readonly #connection: MongoConnection;
  readonly #collection: Collection<MessageDocument>;
  readonly #reader: MessageReader;
  /** The claims under which rows were given out, by batch. */
  readonly #claims = new Map<string, { claim: string; until: number }>();

  constructor(connection: MongoConnection) {
    this.#connection = connection;
    this.#collection = connection.collection<MessageDocument>(messagesCollection);
    this.#reader = new MessageReader(connection, this.#collection);
  }

  /** Rows of subject `msg.new`; fewer than `limit` does not mean that there are no more, none does. */
  async pending(input: {
    olderThanSeconds: number;
    limit: number;
    claimSeconds: number;
  }): Promise<OutboxRow[]> {
    const now = Date.now();
    this.#forgetClaims(now);
    const free: Filter<MessageDocument> = { 'outbox.claimed_until': { $not: { $gt: new Date(now) } } };
    const due = (await this.#reader.find({
      filter: { 'outbox.batch': { $lt: batchesUpTo(now - input.olderThanSeconds * 1000) }, ...free },
      hint: messageIndexes.outbox,
      sort: { 'outbox.batch': 1 },
      fields: ['outbox'],
      limit: messagesPerSweep,
    })) as Flagged[];
    const batches = [...new Set(due.map((document) => document.outbox.batch))].slice(0, input.limit);
    if (batches.length === 0) return [];

    const [claim, until] = [randomUUID(), now + input.claimSeconds * 1000];
    // With the majority, as is read below: what is given out, the messages with it, cannot be rolled back any more.
    await this.#connection.run(() =>
      this.#collection.updateMany(
        { 'outbox.batch': { $in: batches }, ...free },
        { $set: { 'outbox.claim': claim, 'outbox.claimed_until': new Date(until) } },
        { hint: messageIndexes.outbox },
      ),
    );
    const claimed = (await this.#reader.find({
      filter: { 'outbox.batch': { $in: batches }, 'outbox.claim': claim },
      hint: messageIndexes.outbox,
      fields: ['_id', 'outbox'],
    })) as Flagged[];
    const byBatch = Map.groupBy(claimed, (document) => document.outbox.batch);
    return [...byBatch].sort(byName).map(([batch, documents]) => {
      this.#claims.set(batch, { claim, until });
      return toRow(batch, documents);
    });
  }

  /**
   * Cheap for many ids at once, so call it now and then rather than for each. Acknowledged by one server only: a completion that a
   * fail-over loses costs a repeat. Errors: `SERVICE_UNAVAILABLE` (call it again with the same ids).
   */
  async complete(ids: readonly string[]): Promise<void> {
    const batches = ids.map(batchOf);
    const byClaim = Map.groupBy(batches, (batch) => this.#claims.get(batch)?.claim);
    for (const [claim, some] of byClaim) {
      for (let start = 0; start < some.length; start += batchesPerUpdate) {
        await this.#unset(some.slice(start, start + batchesPerUpdate), claim);
      }
    }
  }

  async #unset(batches: string[], claim: string | undefined): Promise<void> {
    await this.#connection.run(() =>
      this.#collection.updateMany(
        { 'outbox.batch': { $in: batches }, ...(claim !== undefined && { 'outbox.claim': claim }) },
        { $unset: { outbox: 1 } },
        { hint: messageIndexes.outbox, writeConcern: { w: 1 } },
      ),
    );
    for (const batch of batches) this.#claims.delete(batch);
  }

  /** Rows that were given out but completed by another relay would pile up here. */
  #forgetClaims(now: number): void {
    for (const [batch, { until }] of this.#claims)
      if (until + claimMemoryMs < now) this.#claims.delete(batch);
  }
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}

/** In the order of the insert, which is that of `seq` within a chat. */
function toRow(batch: string, documents: Flagged[]): OutboxRow {
  const sorted = documents.sort((a, b) => a.outbox.position - b.outbox.position);
  const payload: OutboxPayloads['msg.new'] = {
    messages: sorted.map(({ _id, outbox }) => ({ id: _id, context: outbox.context })),
  };
  return { id: outboxIdOf(batch), subject: 'msg.new', payload };
}
