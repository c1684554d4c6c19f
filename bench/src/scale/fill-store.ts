import type { MessageStore, NewMessage, OutboxStore } from '@parley/core';
import {
  MongoConnection,
  MongoMessageStore,
  MongoOutboxStore,
  PostgresMessageStore,
  type PublishedIds,
  type Sql,
} from '@parley/db';

/** Messages of one call: enough to make a round trip cheap; on MongoDB a call is cut into batches anyway. */
const batchSize = 2000;

/** Outbox rows that nobody needs, as nothing is published of what the past brought: the next call deletes them. */
export class Forgotten implements PublishedIds {
  #ids: string[] = [];

  add(id: string): void {
    this.#ids.push(id);
  }

  takePublished(): string[] {
    const ids = this.#ids;
    this.#ids = [];
    return ids;
  }

  returnPublished(ids: readonly string[]): void {
    this.#ids.push(...ids);
  }
}

/** Where messages go. */
export interface FilledStore {
  messages: MessageStore;
  /** Does at once what a server does behind the sends, and deletes what is left in the outbox. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

const timeoutMs = 120_000;

export function openFilledStore(sql: Sql, forgotten: Forgotten, mongoUrl: string | null): FilledStore {
  if (mongoUrl === null) {
    return {
      messages: new PostgresMessageStore(sql, forgotten),
      async finish() {
        await forget(sql, forgotten.takePublished());
        await indexAll(sql);
      },
      close: async () => undefined,
    };
  }
  const connection = new MongoConnection({ url: mongoUrl, poolSize: 10, timeoutMs });
  const outbox: OutboxStore = new MongoOutboxStore(connection);
  return {
    messages: new MongoMessageStore(connection),
    async finish() {
      const ids = forgotten.takePublished();
      // Those of PostgreSQL, of which the chats were told, are numbers.
      const isOwn = (id: string): boolean => /^\d+$/.test(id);
      await forget(sql, ids.filter(isOwn));
      await outbox.complete(ids.filter((id) => !isOwn(id)));
    },
    close: () => connection.close(),
  };
}

async function forget(sql: Sql, ids: readonly string[]): Promise<void> {
  await sql.rows('forget', 'DELETE FROM outbox WHERE id = ANY($1::bigint[])', [ids]);
}

const blocksAtOnce = 2000;

/** Makes the blocks that searches look at (see `parley_index`), which a store leaves for later. */
async function indexAll(sql: Sql): Promise<void> {
  for (;;) {
    const behind = await sql.rows<{ chat_id: string }>(
      'behind',
      `SELECT h.chat_id FROM message_heads h
       WHERE h.last_seq / 16 > coalesce((SELECT max(b.block) + 1 FROM message_blocks b WHERE b.chat_id = h.chat_id), 0)`,
      [],
    );
    if (behind.length === 0) return;
    const chats = behind.map(({ chat_id }) => chat_id);
    await sql.rows('index-all', 'SELECT parley_index($1, $2)', [chats, blocksAtOnce]);
  }
}

interface Lane {
  batch: NewMessage[];
  storing: Promise<void>;
}

/**
 * Stores messages, of each chat in the order in which they are given. While batches are stored the next are made; the big chat, which
 * has half of all, goes beside the others, so that two processes of PostgreSQL have work.
 */
export async function storeAll(
  store: MessageStore,
  messages: Iterable<NewMessage>,
  bigChat: string,
  onStored: (outboxId: string) => void,
): Promise<void> {
  const put = async (batch: readonly NewMessage[]): Promise<void> => {
    const ids = new Set<string>();
    for (const result of await store.append(batch)) {
      if (result.outcome !== 'stored') throw new Error('a message of the benchmark was stored before');
      ids.add(result.outboxId);
    }
    for (const id of ids) onStored(id);
  };
  const flush = async (lane: Lane): Promise<void> => {
    await lane.storing;
    lane.storing = put(lane.batch);
    // Its failure is met at the next turn; until then nobody else handles it.
    lane.storing.catch(() => undefined);
    lane.batch = [];
  };
  const lanes = { big: newLane(), others: newLane() };
  for (const message of messages) {
    const lane = message.chat_id === bigChat ? lanes.big : lanes.others;
    if (lane.batch.push(message) === batchSize) await flush(lane);
  }
  for (const lane of Object.values(lanes)) {
    if (lane.batch.length > 0) await flush(lane);
    await lane.storing;
  }
}

function newLane(): Lane {
  return { batch: [], storing: Promise.resolve() };
}
