/** @packageDocumentation The contract of Parley: what clients rely on, as zod schemas and types. */
export * from './auth.ts';
export * from './bus.ts';
export * from './chats.ts';
export * from './define.ts';
export * from './envelope.ts';
export * from './errors.ts';
export * from './kinds.ts';
export * from './limits.ts';
export * from './messages.ts';
export * from './payloads.ts';
export * from './primitives.ts';
export * from './procedures.ts';
export * from './realtime.ts';
export * from './users.ts';
