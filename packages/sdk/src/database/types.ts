/**
 * Where a client keeps what it holds between two runs: chats, messages, what waits to be sent. Records under ordered keys; a write is
 * all or nothing. Implementations: memory, IndexedDB, a folder (Node).
 */

/** Plain objects, arrays, numbers, texts, booleans, null, and `Blob`s (their bytes and type). Kept as a copy, and answered as one. */
export type RecordValue = unknown;

/** A change of one record; `undefined` removes it. */
export interface RecordChange {
  /** Where it is. */
  readonly key: string;
  /** What is there from now on. */
  readonly value: RecordValue;
}

/** Which records of those with a prefix. */
export interface ListOptions {
  /** So many at most, from the first on; with `reverse` from the last on. */
  readonly limit?: number | undefined;
  /** In descending order. */
  readonly reverse?: boolean | undefined;
  /** Only those whose whole key is smaller. */
  readonly before?: string | undefined;
}

/**
 * The records of one account. Reads see every write that was begun before them. Rejects where the device refuses (full, private mode),
 * and after `close`.
 */
export interface Records {
  /** Whether other tabs of the browser have the same records open, so that tabs must agree by Web Locks who does what. */
  readonly shared?: boolean | undefined;
  /** Null if there is none. */
  get(key: string): Promise<RecordValue | null>;
  /** Records whose keys begin with `prefix`, by key (UTF-16 order). */
  list(prefix: string, options?: ListOptions): Promise<[key: string, value: RecordValue][]>;
  /** In one step: all of it or nothing is there afterwards, also after a crash. Of two changes of a key the later counts. */
  write(changes: readonly RecordChange[]): Promise<void>;
  /** Removes all records of the account. */
  clear(): Promise<void>;
  /** Lets go of it, after all writes. */
  close(): Promise<void>;
}

/** A place for the records of several accounts, each apart from the others. */
export interface Database {
  /** The records of an account on a server: `account` is `<server>|<user id>`. */
  open(account: string): Promise<Records>;
}
