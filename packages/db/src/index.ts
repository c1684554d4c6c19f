/** @packageDocumentation The stores behind core's ports. */
export { PostgresChatStore } from './chat-store.ts';
export { PostgresContactStore } from './contact-store.ts';
export { PostgresDeadLetterStore } from './dead-letter-store.ts';
export { PostgresDeviceTokenStore } from './device-token-store.ts';
export { PostgresLeaseStore } from './lease-store.ts';
export { PostgresMarkStore } from './mark-store.ts';
export { PostgresMediaStore } from './media-store.ts';
export { PostgresMessageStore, type PublishedIds } from './message-store.ts';
export { migrate } from './migrate.ts';
export { MongoConnection, type MongoOptions } from './mongo/connection.ts';
export { MongoMediaStore } from './mongo/media-store.ts';
export { MongoMessageStore } from './mongo/message-store.ts';
export { MongoOutboxStore } from './mongo/outbox-store.ts';
export {
  type AccountFacts,
  type ChatFacts,
  OperatorReads,
  type OutboxFacts,
} from './operator-reads.ts';
export { PostgresOutboxStore } from './outbox-store.ts';
export { createPrisma } from './prisma.ts';
export { PostgresPrivacyStore } from './privacy-store.ts';
export { PostgresPushLedger } from './push-ledger.ts';
export { PostgresSessionStore } from './session-store.ts';
export { Sql, type SqlOptions } from './sql.ts';
export { PostgresUserStore } from './user-store.ts';
