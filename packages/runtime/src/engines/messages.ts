/** Where messages, and what is known of files, are: MongoDB where it is configured, otherwise beside everything else in PostgreSQL. */
import type { MediaStore, MessageStore, OutboxStore } from '@parley/core';
import {
  MongoConnection,
  MongoMediaStore,
  MongoMessageStore,
  MongoOutboxStore,
  PostgresMessageStore,
  type PublishedIds,
  type Sql,
} from '@parley/db';
import type { Config } from '@parley/platform';

export interface MessageEngine {
  messages: MessageStore;
  /** Null where it is beside everything else. */
  media: MediaStore | null;
  /** Its own outbox, where messages do not share that of PostgreSQL. */
  outbox: OutboxStore | null;
  ping: (() => Promise<unknown>) | null;
  close(): Promise<void>;
}

/** Errors: MongoDB cannot be reached. */
export async function openMessages(
  config: Config,
  sql: Sql,
  published: PublishedIds,
): Promise<MessageEngine> {
  if (config.mongoUrl === null) {
    return {
      messages: new PostgresMessageStore(sql, published),
      media: null,
      outbox: null,
      ping: null,
      close: async () => undefined,
    };
  }
  const connection = new MongoConnection({
    url: config.mongoUrl,
    poolSize: config.mongoPoolSize,
    timeoutMs: config.storeTimeoutMs,
  });
  const messages = new MongoMessageStore(connection);
  const media = new MongoMediaStore(connection);
  try {
    await Promise.all([messages.ensureIndexes(), media.ensureIndexes()]);
  } catch (error) {
    await connection.close();
    throw error;
  }
  return {
    messages,
    media,
    outbox: new MongoOutboxStore(connection),
    ping: () => connection.ping(),
    close: () => connection.close(),
  };
}
