/** Privacy settings, contacts and blocks on PostgreSQL. */
import { BatchLoader, type PrivacyStore, type Relation } from '@parley/core';
import type { Sql } from './sql.ts';

interface RelationRow {
  ord: number;
  last_seen: Relation['privacy']['last_seen'] | null;
  profile_photo: Relation['privacy']['profile_photo'] | null;
  about: Relation['privacy']['about'] | null;
  read_receipts: boolean | null;
  is_contact: boolean;
  blocked: boolean;
}

/** A pair as one key, so that equal questions of one moment are asked once. */
const separator = '>';

export class PostgresPrivacyStore implements PrivacyStore {
  readonly #loader: BatchLoader<string, Relation>;

  constructor(sql: Sql) {
    this.#loader = new BatchLoader((keys) => load(sql, keys), 1_000);
  }

  relations(pairs: readonly { viewer: string; target: string }[]): Promise<Relation[]> {
    return Promise.all(
      pairs.map(async ({ viewer, target }) => {
        const relation = await this.#loader.load(viewer + separator + target);
        if (!relation) throw new Error('a relation was not loaded');
        return relation;
      }),
    );
  }
}

async function load(sql: Sql, keys: string[]): Promise<Map<string, Relation>> {
  const pairs = keys.map((key) => key.split(separator));
  const rows = await sql.rows<RelationRow>(
    'relations',
    `SELECT k.ord, s.last_seen, s.profile_photo, s.about, s.read_receipts,
            COALESCE(theirs.is_contact, false) AS is_contact,
            COALESCE(theirs.is_blocked, false) OR COALESCE(mine.is_blocked, false) AS blocked
     FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS k(viewer, target, ord)
     LEFT JOIN privacy_settings s ON s.user_id = k.target
     LEFT JOIN contacts theirs ON theirs.user_id = k.target AND theirs.contact_id = k.viewer
     LEFT JOIN contacts mine ON mine.user_id = k.viewer AND mine.contact_id = k.target
     ORDER BY k.ord`,
    [pairs.map((pair) => pair[0]), pairs.map((pair) => pair[1])],
  );
  return new Map(
    rows.map((row) => [
      keys[row.ord - 1] as string,
      {
        privacy: {
          last_seen: row.last_seen ?? 'everyone',
          profile_photo: row.profile_photo ?? 'everyone',
          about: row.about ?? 'everyone',
          read_receipts: row.read_receipts ?? true,
        },
        isContact: row.is_contact,
        blocked: row.blocked,
      },
    ]),
  );
}
