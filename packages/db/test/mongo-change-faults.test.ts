/** Changes of messages while MongoDB hangs in the middle of them, made by several processes at once. */
import { randomUUID } from 'node:crypto';
import { type CommittedChange, isUnavailable, type MessageChange } from '@parley/core';
import { MongoClient } from 'mongodb';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { MongoConnection, MongoMessageStore, MongoOutboxStore } from '../src/index.ts';
import type { MessageDocument } from '../src/mongo/message-document.ts';
import { changeOf, changesIn, idsOf, later, message } from './message-contract/kit.ts';
import { ownMongo } from './support/mongo.ts';

const { server, why } = await ownMongo();
const patience = { timeout: 30_000, interval: 50 };

describe.skipIf(!server)(`changes while MongoDB fails${why}`, () => {
  if (!server) return;
  afterAll(() => server[Symbol.asyncDispose]());

  let connections: MongoConnection[] = [];
  const connect = (timeoutMs = 2_500) => {
    const connection = new MongoConnection({ url: server.url, poolSize: 5, timeoutMs });
    connections.push(connection);
    return connection;
  };
  afterEach(async () => {
    await Promise.all(connections.map((connection) => connection.close()));
    connections = [];
  });

  async function allDocuments(): Promise<MessageDocument[]> {
    const client = await new MongoClient(server?.url ?? '').connect();
    try {
      return await client.db().collection<MessageDocument>('messages').find().toArray();
    } finally {
      await client.close();
    }
  }

  /** Everything that waits for the bus, each row once. */
  async function drain(): Promise<{ changes: CommittedChange[]; sends: string[] }> {
    const outbox = new MongoOutboxStore(connect(30_000));
    const told = { changes: [] as CommittedChange[], sends: [] as string[] };
    for (;;) {
      const rows = await outbox.pending({ olderThanSeconds: 0, limit: 1_000, claimSeconds: 60 });
      if (rows.length === 0) return told;
      told.changes.push(...rows.flatMap(changesIn));
      told.sends.push(...rows.flatMap(idsOf));
      await outbox.complete(rows.map((row) => row.id));
    }
  }

  it('leaves no hole, loses nothing and tells of each change once', async () => {
    const [chat, quiet, me] = [randomUUID(), randomUUID(), randomUUID()];
    const writers = Array.from({ length: 3 }, () => new MongoMessageStore(connect()));
    const [first] = writers as [MongoMessageStore];
    await first.ensureIndexes();
    const targets = Array.from({ length: 6 }, (_, n) => message(n < 4 ? chat : quiet, me));
    await first.append(targets);

    const accepted: { id: string; user: string; emoji: string | null; version: number }[] = [];
    let [sent, refused, stopped] = [targets.length, 0, false];
    const running = writers.map(async (writer, index) => {
      // Two users of each process, so that one message gets changes of all processes at once.
      const users = [randomUUID(), randomUUID()];
      for (let round = 0; !stopped; round++) {
        const changes = targets.map((target, n): MessageChange & { kind: 'react' } => ({
          ...{ messageId: target.message_id, chatId: target.chat_id, at: later(round) },
          ...{ context: { eventId: randomUUID(), requestId: 'r', trace: null, origin: null } },
          kind: 'react',
          userId: users[(round + n) % 2] as string,
          emoji: `${index} ${round}`,
        }));
        try {
          const results = await writer.change(changes);
          for (const [n, result] of results.entries()) {
            const change = changes[n];
            if (result.outcome !== 'changed' || !change) throw new Error(`${result.outcome}, of a new emoji`);
            const { userId: user, emoji } = change;
            accepted.push({ id: change.messageId, user, emoji, version: result.message.version });
          }
          // Sends take numbers between them.
          await writer.append([message(chat, users[0] as string)]);
          sent++;
        } catch (error) {
          if (!isUnavailable(error)) throw error;
          refused++;
        }
      }
    });
    await vi.waitFor(() => expect(accepted.length).toBeGreaterThan(100), patience);
    server.pause();
    try {
      await vi.waitFor(() => expect(refused).toBeGreaterThanOrEqual(3), patience);
    } finally {
      server.resume();
    }
    const before = accepted.length;
    await vi.waitFor(() => expect(accepted.length).toBeGreaterThan(before + 50), patience);
    stopped = true;
    await Promise.all(running);
    // What was given up may still be carried out, until nothing moves any more.
    let documents: MessageDocument[] = [];
    await vi.waitFor(async () => {
      const versions = documents.map(({ version }) => version);
      documents = await allDocuments();
      expect(documents.map(({ version }) => version)).toEqual(versions);
    }, patience);

    for (const chatId of [chat, quiet]) {
      const own = documents.filter((document) => document.chat_id === chatId);
      const versions = own.flatMap((document) => document.versions).sort((a, b) => a - b);
      expect(versions).toEqual(versions.map((_, n) => n + 1));
      const seqs = own.map((document) => document.seq).sort((a, b) => a - b);
      expect(seqs).toEqual(seqs.map((_, n) => n + 1));
      const newest = own.find((document) => document.version === versions.length);
      expect(newest).toMatchObject({ chat_seq: seqs.length, chat_tally: seqs.length });
      for (const { versions: taken, version } of own) {
        expect(taken).toEqual([...taken].sort((a, b) => a - b));
        expect(taken.at(-1)).toBe(version);
      }
    }

    // Each version but the first of a message is a change, told once, whether it was answered or not.
    const told = await drain();
    const key = (id: string, version: number) => `${id} ${version}`;
    const made = documents.flatMap(({ _id, versions }) =>
      versions.slice(1).map((version) => key(_id, version)),
    );
    expect(told.changes.map((change) => key(change.messageId, change.version)).sort()).toEqual(made.sort());
    expect(told.sends.sort()).toEqual(documents.map(({ _id }) => _id).sort());
    expect(documents.length).toBeGreaterThanOrEqual(sent);
    // What was accepted was made as it was said, and what stands there is the last of what was made.
    const byKey = new Map(told.changes.map((change) => [key(change.messageId, change.version), change]));
    for (const { id, user, emoji, version } of accepted) {
      expect(byKey.get(key(id, version))).toMatchObject({ userId: user, emoji });
    }
    for (const { _id, reactions } of documents) {
      const last = told.changes.filter((change) => change.messageId === _id);
      last.sort((a, b) => a.version - b.version);
      expect(reactions).toEqual(Object.fromEntries(last.map(({ userId, emoji }) => [userId, emoji])));
    }
    expect(
      (await allDocuments()).flatMap(({ untold, outbox }) => [...(untold ?? []), outbox ?? []].flat()),
    ).toEqual([]);
  }, 120_000);

  it('finds what was changed without an answer when it is asked again', async () => {
    const store = new MongoMessageStore(connect());
    const target = message(randomUUID(), randomUUID());
    await store.append([target]);
    const change = changeOf(target, { kind: 'delete' });
    server.pause();
    let refusal: unknown;
    try {
      refusal = await store.change([change]).catch((error) => error);
    } finally {
      server.resume();
    }
    expect(isUnavailable(refusal)).toBe(true);
    const [again] = await vi.waitFor(() => store.change([change]), patience);
    expect(['changed', 'unchanged']).toContain(again?.outcome);
    expect(again).toMatchObject({ message: { is_deleted: true, version: 2 } });
    const { changes } = await drain();
    const own = changes.filter((told) => told.messageId === target.message_id);
    expect(own).toMatchObject([{ kind: 'delete', version: 2 }]);
  }, 60_000);
});
