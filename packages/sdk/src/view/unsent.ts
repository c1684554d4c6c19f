import type { OutboxItem } from '../outbox/types.ts';

/** A message that was not stored yet: on its way, or refused. It is replaced by the message when the server has stored it. */
export type UnsentMessage = OutboxItem;
