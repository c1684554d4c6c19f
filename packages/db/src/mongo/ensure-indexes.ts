/** Making the indexes of a collection. */
import { type Collection, type Document, type IndexDescription, MongoServerError } from 'mongodb';
import type { MongoConnection } from './connection.ts';

export type NamedIndex = IndexDescription & { name: string };

/** MongoDB's code for a collection that is not there. */
const namespaceNotFound = 26;

/**
 * Makes the indexes that are missing; any number of instances may do so at once, MongoDB makes each once. On a collection
 * that has long been in use that may take longer than a call may: then this rejects with `SERVICE_UNAVAILABLE`, MongoDB goes on
 * building, and the next call finds the index or waits for it.
 */
export async function ensureIndexes<T extends Document>(
  connection: MongoConnection,
  collection: Collection<T>,
  indexes: readonly NamedIndex[],
): Promise<void> {
  const existing = await connection.run(async () => {
    try {
      return await collection.listIndexes().toArray();
    } catch (error) {
      if (error instanceof MongoServerError && error.code === namespaceNotFound) return [];
      throw error;
    }
  });
  const names = new Set(existing.map((index: { name?: string }) => index.name));
  const missing = indexes.filter((index) => !names.has(index.name));
  if (missing.length > 0) await connection.run(() => collection.createIndexes(missing));
}

/** Does it once, however often it is asked for; what failed is tried again when it is asked for again. */
export function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work().catch((error) => {
      done = undefined;
      throw error;
    });
    return done;
  };
}
