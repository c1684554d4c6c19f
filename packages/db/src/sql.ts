/**
 * PostgreSQL for the hot paths: named prepared statements over one pool, bounded waits, and errors that say whether trying
 * again makes sense. Everything else goes through Prisma, on the same pool.
 */
import { AppError, unavailable } from '@parley/core';
import pg from 'pg';

/** int8 comes as text by default; all our counters are far below 2^53. */
const int8 = 20;
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === int8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

export interface SqlOptions {
  url: string;
  poolSize: number;
  /** Milliseconds to wait for a connection, and for a statement. */
  timeoutMs: number;
  /** Told of connections that break while idle. */
  onError?(error: Error): void;
}

/** SQLSTATE classes that mean "not now": connection, rollback (deadlock), resources, operator intervention, system. */
const transientClasses = new Set(['08', '40', '53', '57', '58']);
/** In one of these classes, and yet our own mistake: PostgreSQL was sent what it cannot read. */
const protocolViolation = '08P01';
const connectionCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** Whether PostgreSQL was not there or too slow, rather than refusing what it was asked. */
export function isUnavailable(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  if (code === protocolViolation) return false;
  if (code !== undefined) return connectionCodes.has(code) || transientClasses.has(code.slice(0, 2));
  return /timeout|terminated|Connection ended|not queryable/i.test(message ?? '');
}

export function hasCode(error: unknown, code: string): boolean {
  return (error as { code?: string } | null)?.code === code;
}

/** What the driver knows of a connection that comes back to the pool. */
interface ReleasedClient extends pg.PoolClient {
  /** Not in the driver's types; a test holds us to it. */
  _getActiveQuery(): unknown;
}

/**
 * A time-out gives up waiting but not the statement, and a ROLLBACK behind it may never be sent. Such a connection must not be used
 * again: what is stored on it next would look accepted and be inside somebody's open transaction.
 */
function isClean(client: ReleasedClient): boolean {
  // `I`: idle, outside a transaction (PostgreSQL's protocol, ReadyForQuery).
  return !client._getActiveQuery() && client.getTransactionStatus() === 'I';
}

/** Statements of one transaction. */
export type Transaction = Pick<Sql, 'rows'>;

export class Sql {
  readonly pool: pg.Pool;

  constructor(options: SqlOptions) {
    this.pool = new pg.Pool({
      connectionString: options.url,
      max: options.poolSize,
      connectionTimeoutMillis: options.timeoutMs,
      query_timeout: options.timeoutMs,
      statement_timeout: options.timeoutMs,
      idleTimeoutMillis: 60_000,
      // Every statement here is a look-up by index with a plan that never changes: planning it once is enough, and a plan
      // made while a table was empty must not read the whole table later.
      options: '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off',
      types,
    });
    // Without a listener a connection that breaks while idle would end the process.
    this.pool.on('error', (error) => options.onError?.(error));
    this.pool.on('release', (error, client) => {
      if (!error && !isClean(client as ReleasedClient)) void client.end().catch(() => undefined);
    });
  }

  /** Runs a prepared statement. Errors: AppError `SERVICE_UNAVAILABLE`, or what PostgreSQL refused with. */
  async rows<R extends pg.QueryResultRow>(name: string, text: string, values: unknown[]): Promise<R[]> {
    try {
      return (await this.pool.query<R>({ name, text, values })).rows;
    } catch (error) {
      throw toStoreError(error);
    }
  }

  /**
   * Runs several prepared statements as one transaction; what `work` throws rolls it back and is passed on. Not for the hot path: it holds
   * a connection for several round trips. Errors: as `rows`.
   */
  async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const client = await this.pool.connect().catch((error) => {
      throw toStoreError(error);
    });
    const tx: Transaction = {
      rows: async <R extends pg.QueryResultRow>(name: string, text: string, values: unknown[]) =>
        (await client.query<R>({ name, text, values })).rows,
    };
    try {
      await client.query('BEGIN');
      const result = await work(tx);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      // Where even this fails the connection is not clean, and the pool drops it.
      await client.query('ROLLBACK').catch(() => undefined);
      throw toStoreError(error);
    } finally {
      client.release();
    }
  }

  async ping(): Promise<void> {
    await this.rows('ping', 'SELECT 1', []);
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}

/** What a failed call to PostgreSQL looks like to core. */
export function toStoreError(error: unknown): unknown {
  if (error instanceof AppError) return error;
  return isUnavailable(error) ? unavailable('The database', error) : error;
}
