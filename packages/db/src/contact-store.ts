/** Contacts and blocks on PostgreSQL. One row of `contacts` holds what its owner set about another user: contact, blocked, or both. */
import type { ContactRecord, ContactStore, Tell } from '@parley/core';
import type { Sql, Transaction } from './sql.ts';
import { raiseUser, writeTold } from './telling.ts';

/**
 * What decides on what the viewer `$1` may see of `target`: core's rule (`allows`) in SQL. OFFSET 0 keeps each of these a look-up by index
 * for every row: joined freely, the planner may read a whole table, and its one plan is for all calls.
 */
const standing = (target: string) => `
  LEFT JOIN LATERAL (
    SELECT is_contact, is_blocked FROM contacts WHERE user_id = $1 AND contact_id = ${target} OFFSET 0
  ) mine ON true
  LEFT JOIN LATERAL (
    SELECT is_contact, is_blocked FROM contacts WHERE user_id = ${target} AND contact_id = $1 OFFSET 0
  ) theirs ON true
  LEFT JOIN LATERAL (
    SELECT profile_photo, about FROM privacy_settings WHERE user_id = ${target} OFFSET 0
  ) s ON true`;

const visible = (column: string, setting: 'profile_photo' | 'about') => `
  CASE WHEN COALESCE(mine.is_blocked, false) OR COALESCE(theirs.is_blocked, false) THEN ''
       WHEN COALESCE(s.${setting}, 'everyone') = 'everyone' THEN ${column}
       WHEN s.${setting} = 'contacts' AND theirs.is_contact THEN ${column}
       ELSE '' END`;

/**
 * Rows are made in the order of the ids, so that two syncs of one user cannot wait for each other in a circle; what is a contact already is not
 * touched. Who was only blocked becomes a contact and stays blocked.
 */
const syncContacts = `
  WITH matched AS MATERIALIZED (
    SELECT i.n, i.phone, u.id, u.display_name, ${visible('u.avatar_url', 'profile_photo')} AS avatar_url,
           COALESCE(mine.is_contact, false) AS is_contact
    FROM unnest($2::text[]) WITH ORDINALITY AS i(phone, n)
    CROSS JOIN LATERAL (
      SELECT id, display_name, avatar_url FROM users WHERE users.phone = i.phone AND users.id <> $1 OFFSET 0
    ) u
    ${standing('u.id')}
  ), added AS (
    INSERT INTO contacts (user_id, contact_id)
    SELECT $1, m.id FROM matched m WHERE NOT m.is_contact ORDER BY m.id
    ON CONFLICT (user_id, contact_id) DO UPDATE SET is_contact = true WHERE NOT contacts.is_contact
    RETURNING 1
  )
  SELECT m.phone, m.id AS user_id, m.display_name, m.avatar_url, EXISTS (SELECT FROM added) AS anything_new
  FROM matched m ORDER BY m.n`;

const listContacts = `
  SELECT u.id AS user_id, u.display_name, c.is_blocked,
         ${visible('u.avatar_url', 'profile_photo')} AS avatar_url, ${visible('u.status_text', 'about')} AS status_text
  FROM contacts c
  CROSS JOIN LATERAL (
    SELECT id, display_name, avatar_url, status_text FROM users WHERE users.id = c.contact_id OFFSET 0
  ) u
  ${standing('c.contact_id')}
  WHERE c.user_id = $1 AND c.is_contact`;

/** The same order wherever the program runs, for all scripts: the database's own depends on how it was made. */
const names = new Intl.Collator('en');

function byName(a: ContactRecord, b: ContactRecord): number {
  const unnamed = Number(a.display_name === '') - Number(b.display_name === '');
  return unnamed || names.compare(a.display_name, b.display_name) || (a.user_id < b.user_id ? -1 : 1);
}

interface SyncRow {
  phone: string;
  user_id: string;
  display_name: string;
  avatar_url: string;
  anything_new: boolean;
}

export class PostgresContactStore implements ContactStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  sync(userId: string, phones: readonly string[], tell: Tell): ReturnType<ContactStore['sync']> {
    return this.#sql.transaction(async (tx) => {
      const rows = await tx.rows<SyncRow>('sync-contacts', syncContacts, [userId, [...new Set(phones)]]);
      const found = rows.map(({ anything_new: _, ...entry }) => entry);
      if (!rows[0]?.anything_new) return { found, told: null };
      const version = await raiseUser(tx, userId, 'contacts', null);
      return { found, told: version === undefined ? null : await writeTold(tx, tell, version) };
    });
  }

  async list(userId: string): Promise<ContactRecord[]> {
    const rows = await this.#sql.rows<ContactRecord>('list-contacts', listContacts, [userId]);
    return rows.sort(byName);
  }

  setBlocked(
    userId: string,
    targetId: string,
    blocked: boolean,
    tell: Tell,
  ): ReturnType<ContactStore['setBlocked']> {
    return this.#sql.transaction(async (tx) => {
      const { known, changed } = blocked
        ? await block(tx, userId, targetId)
        : await unblock(tx, userId, targetId);
      if (!known) return undefined;
      const version = changed ? await raiseUser(tx, userId, 'block', targetId) : undefined;
      return { told: version === undefined ? null : await writeTold(tx, tell, version) };
    });
  }
}

interface Change {
  /** The target exists. */
  known: boolean;
  changed: boolean;
}

async function block(tx: Transaction, userId: string, targetId: string): Promise<Change> {
  const [row] = await tx.rows<Change>(
    'block',
    `WITH target AS (
       SELECT id FROM users WHERE id = $2
     ), changed AS (
       INSERT INTO contacts (user_id, contact_id, is_contact, is_blocked) SELECT $1, id, false, true FROM target
       ON CONFLICT (user_id, contact_id) DO UPDATE SET is_blocked = true WHERE NOT contacts.is_blocked
       RETURNING 1
     )
     SELECT EXISTS (SELECT FROM target) AS known, EXISTS (SELECT FROM changed) AS changed`,
    [userId, targetId],
  );
  return row as Change;
}

/** The row stays: one that is neither contact nor blocked says nothing. */
async function unblock(tx: Transaction, userId: string, targetId: string): Promise<Change> {
  const [row] = await tx.rows<Change>(
    'unblock',
    `WITH changed AS (
       UPDATE contacts SET is_blocked = false WHERE user_id = $1 AND contact_id = $2 AND is_blocked RETURNING 1
     )
     SELECT EXISTS (SELECT FROM users WHERE id = $2) AS known, EXISTS (SELECT FROM changed) AS changed`,
    [userId, targetId],
  );
  return row as Change;
}
