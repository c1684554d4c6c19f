/** @packageDocumentation What a page may be given to keep chats and messages in, as `database`: `@parley/sdk/indexed-db`. */

export { type IndexedDbOptions, indexedDbDatabase } from './database/indexed-db.ts';
export type { Database, ListOptions, RecordChange, Records, RecordValue } from './database/types.ts';
