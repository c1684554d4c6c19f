/** Changing stored messages. What is allowed, the numbers and the outbox live in `parley_change` (see prisma/migrations). */
import type { ChangeResult, MessageChange } from '@parley/core';
import type { Sql } from '../sql.ts';
import { type MessageRow, toStored } from './rows.ts';
import { wordsOf } from './words.ts';

interface ChangeRow {
  outcome: ChangeResult['outcome'];
  /** With the file that a deletion took from it. */
  changed: (MessageRow & { released: string | null }) | null;
  outbox_id: number;
}

/** As `MessageStore.change` says. */
export async function changeMessages(sql: Sql, changes: readonly MessageChange[]): Promise<ChangeResult[]> {
  if (changes.length === 0) return [];
  const rows = await sql.rows<ChangeRow>(
    'change',
    'SELECT outcome, changed, outbox_id FROM parley_change($1,$2,$3,$4,$5,$6,$7,$8,$9) ORDER BY ord',
    [
      changes.map((c) => c.messageId),
      changes.map((c) => c.chatId),
      changes.map((c) => c.kind),
      changes.map((c) => c.at),
      changes.map((c) => (c.kind === 'edit' ? JSON.stringify(c.payload) : null)),
      changes.map((c) => (c.kind === 'edit' ? wordsOf(c.tokens) : null)),
      changes.map((c) => (c.kind === 'react' ? c.userId : null)),
      changes.map((c) => (c.kind === 'react' ? c.emoji : null)),
      changes.map((c) => JSON.stringify(c.context)),
    ],
  );
  return rows.map(({ outcome, changed, outbox_id }): ChangeResult => {
    if (outcome === 'gone' || !changed) return { outcome: 'gone' };
    const message = toStored(changed);
    if (outcome === 'unchanged') return { outcome, message };
    return { outcome, message, outboxId: String(outbox_id), released: changed.released };
  });
}
