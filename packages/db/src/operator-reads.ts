/** What an operator looks at: accounts, chats and what waits to be published. Never what people wrote. */
import type { MongoConnection } from './mongo/connection.ts';
import { type MessageDocument, messagesCollection } from './mongo/message-document.ts';
import { messageIndexes } from './mongo/message-indexes.ts';
import type { Sql } from './sql.ts';

/** An account as an operator sees it. Times are ISO 8601. */
export interface AccountFacts {
  id: string;
  display_name: string;
  created_at: string;
  last_seen: string | null;
  user_version: number;
  /** Chats that the user is in, and was in. */
  chats: number;
  former_chats: number;
  contacts: number;
  blocked: number;
  sessions: { session_id: string; device: string; signed_in_at: string; used_at: string }[];
  /** Of a token only its last six characters, as in the log and the dev inbox. */
  push_tokens: { platform: string; ending: string; session_id: string | null; registered_at: string }[];
}

/** A chat as an operator sees it, without its messages. */
export interface ChatFacts {
  chat_id: string;
  type: string;
  name: string;
  created_at: string;
  state_version: number;
  auto_delete_seconds: number;
  is_admin_only: boolean;
  members: {
    user_id: string;
    display_name: string;
    role: string;
    joined_at: string;
    left_at: string | null;
    delivered_seq: number;
    read_seq: number;
    is_muted: boolean;
  }[];
}

/** What was committed in one store and is not published yet. */
export interface OutboxFacts {
  store: 'PostgreSQL' | 'MongoDB';
  /** Rows; in MongoDB messages that were sent or changed. */
  waiting: number;
  /** Seconds that the oldest has waited; null where there is none. */
  oldest_seconds: number | null;
}

const accountSql = `
  SELECT u.id, u.display_name, u.created_at, u.last_seen, u.user_version,
    (SELECT count(*)::int FROM chat_participants p WHERE p.user_id = u.id AND p.left_seq IS NULL) AS chats,
    (SELECT count(*)::int FROM chat_participants p WHERE p.user_id = u.id AND p.left_seq IS NOT NULL) AS former_chats,
    (SELECT count(*)::int FROM contacts c WHERE c.user_id = u.id AND c.is_contact) AS contacts,
    (SELECT count(*)::int FROM contacts c WHERE c.user_id = u.id AND c.is_blocked) AS blocked,
    coalesce((
      SELECT json_agg(s ORDER BY s.used_at DESC) FROM (
        SELECT session_id, coalesce(max(device_name), max(device_platform), '') AS device,
               min(created_at) AS signed_in_at, max(created_at) AS used_at
        FROM refresh_tokens WHERE user_id = u.id GROUP BY session_id
        HAVING bool_or(NOT revoked AND expires_at > now())
        ORDER BY max(created_at) DESC LIMIT 50
      ) s), '[]') AS sessions,
    coalesce((
      SELECT json_agg(json_build_object('platform', d.platform, 'ending', right(d.token, 6),
                                        'session_id', d.session_id, 'registered_at', d.updated_at) ORDER BY d.updated_at DESC)
      FROM device_tokens d WHERE d.user_id = u.id), '[]') AS push_tokens
  FROM users u WHERE u.phone = $1`;

const chatSql = `
  SELECT c.id AS chat_id, c.type, coalesce(g.name, '') AS name, c.created_at, c.state_version, c.auto_delete_seconds,
    coalesce(g.is_admin_only, false) AS is_admin_only,
    coalesce((
      SELECT json_agg(json_build_object(
        'user_id', p.user_id, 'display_name', u.display_name, 'role', p.role, 'joined_at', p.joined_at, 'left_at', p.left_at,
        'delivered_seq', p.delivered_seq, 'read_seq', p.read_seq,
        'is_muted', p.is_muted AND (p.mute_until IS NULL OR p.mute_until > now())) ORDER BY p.joined_at, p.user_id)
      FROM chat_participants p JOIN users u ON u.id = p.user_id WHERE p.chat_id = c.id), '[]') AS members
  FROM chats c LEFT JOIN groups g ON g.chat_id = c.id WHERE c.id = $1`;

const outboxSql = `
  SELECT 'PostgreSQL' AS store, count(*)::int AS waiting, extract(epoch FROM clock_timestamp() - min(created_at))::float AS oldest_seconds FROM outbox`;

/** JSON of PostgreSQL has times with an offset, the driver has them as dates. */
const iso = (time: string | Date) => new Date(time).toISOString();

export class OperatorReads {
  readonly #sql: Sql;
  readonly #mongo: MongoConnection | null;

  /** `mongo` has the messages, where they are not beside everything else. */
  constructor(sql: Sql, mongo: MongoConnection | null) {
    this.#sql = sql;
    this.#mongo = mongo;
  }

  /** Undefined where nobody has the phone number. */
  async account(phone: string): Promise<AccountFacts | undefined> {
    const [found] = await this.#sql.rows<AccountFacts>('operator-account', accountSql, [phone]);
    if (!found) return undefined;
    return {
      ...found,
      created_at: iso(found.created_at),
      last_seen: found.last_seen && iso(found.last_seen),
      sessions: found.sessions.map((one) => ({
        ...one,
        signed_in_at: iso(one.signed_in_at),
        used_at: iso(one.used_at),
      })),
      push_tokens: found.push_tokens.map((one) => ({ ...one, registered_at: iso(one.registered_at) })),
    };
  }

  async chat(id: string): Promise<ChatFacts | undefined> {
    const [found] = await this.#sql.rows<ChatFacts>('operator-chat', chatSql, [id]);
    if (!found) return undefined;
    return {
      ...found,
      created_at: iso(found.created_at),
      members: found.members.map((one) => ({
        ...one,
        joined_at: iso(one.joined_at),
        left_at: one.left_at && iso(one.left_at),
      })),
    };
  }

  /** What each store has that is not published yet. Errors: `SERVICE_UNAVAILABLE`. */
  async outbox(): Promise<OutboxFacts[]> {
    const [[rows], messages] = await Promise.all([
      this.#sql.rows<OutboxFacts>('operator-outbox', outboxSql, []),
      this.#mongo && mongoOutbox(this.#mongo),
    ]);
    return [rows, messages].filter((found): found is OutboxFacts => !!found);
  }
}

/** Flags on the messages themselves. */
async function mongoOutbox(connection: MongoConnection): Promise<OutboxFacts> {
  const collection = connection.collection<MessageDocument>(messagesCollection);
  const look = async (field: 'outbox' | 'untold') => {
    const [path, hint] = [`${field}.batch`, messageIndexes[field]];
    const wanted = { [path]: { $exists: true } };
    const waiting = await connection.run(() => collection.countDocuments(wanted, { hint }));
    const options = { hint, sort: { [path]: 1 }, limit: 1, projection: { [field]: 1 } } as const;
    const [first] = await connection.run(() => collection.find(wanted, options).toArray());
    const batches = first ? [first.outbox ?? [], first.untold ?? []].flat().map(({ batch }) => batch) : [];
    return { waiting, batches };
  };
  const [sends, changes] = await Promise.all([look('outbox'), look('untold')]);
  const [oldest] = [...sends.batches, ...changes.batches].sort();
  return {
    store: 'MongoDB',
    waiting: sends.waiting + changes.waiting,
    // A batch's name begins with its time (mongo/outbox-id.ts).
    oldest_seconds: oldest ? Math.max(0, Date.now() - Number.parseInt(oldest.slice(0, 12), 16)) / 1000 : null,
  };
}
