/** Privacy settings, contacts and blocks on PostgreSQL. */
import { BatchLoader, type PrivacyRecord, type PrivacyStore, type Relation, type Tell } from '@parley/core';
import type { Sql } from './sql.ts';
import { raiseUser, writeTold } from './telling.ts';

/** Null in every column where the user has set nothing. */
type SettingsRow = { [K in keyof PrivacyRecord]: PrivacyRecord[K] | null };

interface RelationRow extends SettingsRow {
  ord: number;
  is_contact: boolean;
  blocked: boolean;
}

/** What holds for those who have set nothing. */
function toRecord(row: SettingsRow | undefined): PrivacyRecord {
  return {
    last_seen: row?.last_seen ?? 'everyone',
    profile_photo: row?.profile_photo ?? 'everyone',
    about: row?.about ?? 'everyone',
    read_receipts: row?.read_receipts ?? true,
  };
}

const selectSettings = `
  SELECT last_seen, profile_photo, about, read_receipts FROM privacy_settings WHERE user_id = $1`;

const changeSettings = `
  UPDATE privacy_settings SET
    last_seen = COALESCE($2, last_seen), profile_photo = COALESCE($3, profile_photo), about = COALESCE($4, about),
    read_receipts = COALESCE($5, read_receipts), updated_at = clock_timestamp()
  WHERE user_id = $1 AND (
    last_seen <> COALESCE($2, last_seen) OR profile_photo <> COALESCE($3, profile_photo)
    OR about <> COALESCE($4, about) OR read_receipts <> COALESCE($5, read_receipts))
  RETURNING last_seen, profile_photo, about, read_receipts`;

/** A pair as one key, so that equal questions of one moment are asked once. */
const separator = '>';

export class PostgresPrivacyStore implements PrivacyStore {
  readonly #sql: Sql;
  readonly #loader: BatchLoader<string, Relation>;

  constructor(sql: Sql) {
    this.#sql = sql;
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

  async find(userId: string): Promise<PrivacyRecord> {
    const rows = await this.#sql.rows<PrivacyRecord>('find-privacy', selectSettings, [userId]);
    return toRecord(rows[0]);
  }

  update(userId: string, patch: Partial<PrivacyRecord>, tell: Tell): ReturnType<PrivacyStore['update']> {
    return this.#sql.transaction(async (tx) => {
      // A row of defaults says the same as none. It is there to be locked: of two calls the later one sees what the first left.
      await tx.rows(
        'begin-privacy',
        'INSERT INTO privacy_settings (user_id) VALUES ($1) ON CONFLICT DO NOTHING',
        [userId],
      );
      const [changed] = await tx.rows<PrivacyRecord>('change-privacy', changeSettings, [
        userId,
        patch.last_seen ?? null,
        patch.profile_photo ?? null,
        patch.about ?? null,
        patch.read_receipts ?? null,
      ]);
      if (!changed) {
        const [kept] = await tx.rows<PrivacyRecord>('find-privacy', selectSettings, [userId]);
        return { privacy: toRecord(kept), told: null };
      }
      const version = await raiseUser(tx, userId, 'privacy', null);
      return {
        privacy: toRecord(changed),
        told: version === undefined ? null : await writeTold(tx, tell, version),
      };
    });
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
        privacy: toRecord(row),
        isContact: row.is_contact,
        blocked: row.blocked,
      },
    ]),
  );
}
