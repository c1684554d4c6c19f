import type { OutboxItem } from '../outbox/types.ts';

/** A message that was not stored yet: on its way, or refused. It is replaced by the message when the server has stored it. */
export interface UnsentMessage extends OutboxItem {
  /** The user. */
  readonly sender_id: string;
}

const made = new WeakMap<OutboxItem, UnsentMessage>();

/** The outbox's items as a view shows them: the same ones for the same items. */
export function unsentOf(items: readonly OutboxItem[], me: string): readonly UnsentMessage[] {
  return items.map((item) => {
    const known = made.get(item);
    const unsent = known?.sender_id === me ? known : { ...item, sender_id: me };
    made.set(item, unsent);
    return unsent;
  });
}
