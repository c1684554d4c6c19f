/**
 * The outbox on MongoDB: flags on the messages themselves, grouped by the call that they came with.
 *
 * A row is what of such a batch a sweep could claim. Each flag is claimed by itself, so sweeps that meet never get the same,
 * and a batch of which more appears later (an insert that is still going on) is never forgotten unseen: `complete`
 * forgets what its sweep claimed and nothing else. Ids that no sweep gave out come from the process that stored the batch and knows
 * all of it.
 *
 * Times are those of the programs' clocks, not of the server, whose clock an insert cannot use: the batch's name tells when it was
 * made, the claim until when it holds. Clocks that differ make a row come later, or twice with the same event ids; none is lost.
 */
import { randomUUID } from 'node:crypto';
import type { OutboxRow, OutboxStore } from '@parley/core';
import { ChatActivity } from './activity.ts';
import type { MongoConnection } from './connection.ts';
import { type MessageDocument, messagesCollection } from './message-document.ts';
import { ChangedMessages } from './outbox-changes.ts';
import { type BatchKind, batchesUpTo, batchOf, kindOf } from './outbox-id.ts';
import { type OutboxPart, SentMessages } from './outbox-sends.ts';
import { MessageReader } from './reader.ts';

/** Batches, of up to 200 messages each, that one update forgets. */
const batchesPerUpdate = 20;
/** Milliseconds after its end for which a claim is remembered: far longer than any publishing takes. */
const claimMemoryMs = 600_000;

const kinds: readonly BatchKind[] = ['sends', 'changes'];

export class MongoOutboxStore implements OutboxStore {
  readonly #parts: Record<BatchKind, OutboxPart>;
  /** The claims under which rows were given out, by batch. */
  readonly #claims = new Map<string, { claim: string; until: number }>();

  constructor(connection: MongoConnection) {
    const collection = connection.collection<MessageDocument>(messagesCollection);
    const parts = {
      reader: new MessageReader(connection, collection),
      activity: ChatActivity.of(connection),
    };
    this.#parts = {
      sends: new SentMessages(connection, collection, parts),
      changes: new ChangedMessages(connection, collection, parts),
    };
  }

  /** Rows of subjects `msg.new` and `msg.changed`; fewer than `limit` does not mean that there are no more, none does. */
  async pending(input: {
    olderThanSeconds: number;
    limit: number;
    claimSeconds: number;
  }): Promise<OutboxRow[]> {
    const now = Date.now();
    this.#forgetClaims(now);
    const before = batchesUpTo(now - input.olderThanSeconds * 1000);
    const due = await Promise.all(kinds.map((kind) => this.#parts[kind].due(before, new Date(now))));
    const batches = [...new Set(due.flat())].sort().slice(0, input.limit);
    const [name, until] = [randomUUID(), now + input.claimSeconds * 1000];
    const claim = { name, now: new Date(now), until: new Date(until) };
    const rows = await Promise.all(
      [...Map.groupBy(batches, kindOf)].map(([kind, some]) => this.#parts[kind].claim(some, claim)),
    );
    const sorted = rows.flat().sort((a, b) => (a.id < b.id ? -1 : 1));
    for (const { id } of sorted) this.#claims.set(batchOf(id), { claim: name, until });
    return sorted;
  }

  /**
   * Cheap for many ids at once, so call it now and then rather than for each. Acknowledged by one server only: a completion that a
   * fail-over loses costs a repeat. Errors: `SERVICE_UNAVAILABLE` (call it again with the same ids).
   */
  async complete(ids: readonly string[]): Promise<void> {
    for (const [kind, batches] of Map.groupBy(ids.map(batchOf), kindOf)) {
      const byClaim = Map.groupBy(batches, (batch) => this.#claims.get(batch)?.claim);
      for (const [claim, some] of byClaim) {
        for (let start = 0; start < some.length; start += batchesPerUpdate) {
          const few = some.slice(start, start + batchesPerUpdate);
          await this.#parts[kind].forget(few, claim);
          for (const batch of few) this.#claims.delete(batch);
        }
      }
    }
  }

  /** Rows that were given out but completed by another relay would pile up here. */
  #forgetClaims(now: number): void {
    for (const [batch, { until }] of this.#claims)
      if (until + claimMemoryMs < now) this.#claims.delete(batch);
  }
}
