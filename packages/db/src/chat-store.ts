/** Chats, members and positions on PostgreSQL: read on every send, so on prepared SQL. */
import type { ChatRecord, ChatStore, Member, PositionMove, PositionResult } from '@parley/core';
import type { PublishedIds } from './message-store.ts';
import type { Sql } from './sql.ts';

interface ChatRow {
  id: string;
  type: ChatRecord['type'];
  state_version: number;
  created_at: Date;
  updated_at: Date;
  name: string | null;
  avatar_url: string | null;
  blocked: boolean;
  members: {
    user_id: string;
    role: Member['role'];
    joined_at: string;
    joined_seq: number;
    left_seq: number | null;
    delivered_seq: number;
    read_seq: number;
  }[];
}

/** One query per batch of chats; members come with their chat, oldest first. */
const findChats = `
  SELECT c.id, c.type, c.state_version, c.created_at, c.updated_at, g.name, g.avatar_url,
         c.type = 'direct' AND EXISTS (
           SELECT 1 FROM chat_participants a
           JOIN contacts b ON b.user_id = a.user_id AND b.is_blocked
           JOIN chat_participants o ON o.chat_id = a.chat_id AND o.user_id = b.contact_id
           WHERE a.chat_id = c.id
         ) AS blocked,
         (SELECT json_agg(json_build_object(
             'user_id', p.user_id, 'role', p.role,
             'joined_at', to_char(p.joined_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
             'joined_seq', p.joined_seq, 'left_seq', p.left_seq,
             'delivered_seq', p.delivered_seq, 'read_seq', p.read_seq) ORDER BY p.joined_at, p.user_id)
          FROM chat_participants p WHERE p.chat_id = c.id) AS members
  FROM chats c LEFT JOIN groups g ON g.chat_id = c.id
  WHERE c.id = ANY($1::uuid[])`;

function toRecord(row: ChatRow): ChatRecord {
  return {
    chat_id: row.id,
    type: row.type,
    name: row.name ?? '',
    avatar_url: row.avatar_url ?? '',
    state_version: row.state_version,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
    blocked: row.blocked,
    members: new Map(row.members.map((member) => [member.user_id, member])),
  };
}

export class PostgresChatStore implements ChatStore {
  readonly #sql: Sql;
  readonly #published: PublishedIds;

  constructor(sql: Sql, published: PublishedIds) {
    this.#sql = sql;
    this.#published = published;
  }

  async find(ids: readonly string[]): Promise<Map<string, ChatRecord>> {
    const rows = await this.#sql.rows<ChatRow>('find-chats', findChats, [ids]);
    return new Map(rows.map((row) => [row.id, toRecord(row)]));
  }

  async openDirect(input: Parameters<ChatStore['openDirect']>[0]): ReturnType<ChatStore['openDirect']> {
    const [row] = await this.#sql.rows<{
      chat_id: string;
      created: boolean;
      creator_version: number;
      other_version: number;
      outbox_id: number;
    }>('open-direct', 'SELECT * FROM parley_open_direct($1, $2, $3, $4)', [
      input.chatId,
      input.creator,
      input.other,
      JSON.stringify(input.context),
    ]);
    const chat = row && (await this.find([row.chat_id])).get(row.chat_id);
    if (!chat) throw new Error('a direct chat was opened and is not there');
    if (!row.created) return { created: false, chat };
    return {
      created: true,
      chat,
      userVersions: { [input.creator]: row.creator_version, [input.other]: row.other_version },
      outboxId: String(row.outbox_id),
    };
  }

  async advance(moves: readonly PositionMove[]): Promise<PositionResult[]> {
    const published = this.#published.takePublished();
    try {
      const rows = await this.#sql.rows<AdvanceRow>(
        'advance',
        'SELECT * FROM parley_advance($1, $2, $3, $4, $5, $6)',
        [
          moves.map((move) => move.chatId),
          moves.map((move) => move.userId),
          moves.map((move) => move.delivered),
          moves.map((move) => move.read),
          moves.map((move) => JSON.stringify(move.context)),
          published,
        ],
      );
      const byOrder = new Map(rows.map((row) => [row.ord, row]));
      return moves.map((_, index) => toResult(byOrder.get(index + 1)));
    } catch (error) {
      this.#published.returnPublished(published);
      throw error;
    }
  }
}

interface AdvanceRow {
  ord: number;
  delivered_from: number;
  delivered_to: number;
  read_from: number;
  read_to: number;
  new_state_version: number | null;
  moved_at: Date;
  outbox_id: number | null;
}

function toResult(row: AdvanceRow | undefined): PositionResult {
  // Nobody's position moves in a chat that the user is not in.
  if (!row) return { delivered: 0, read: 0, moved: null };
  const span = (from: number, to: number) => (to > from ? { from, to } : null);
  return {
    delivered: row.delivered_to,
    read: row.read_to,
    moved:
      row.new_state_version === null
        ? null
        : {
            delivered: span(row.delivered_from, row.delivered_to),
            read: span(row.read_from, row.read_to),
            stateVersion: row.new_state_version,
            at: row.moved_at.toISOString(),
            outboxId: String(row.outbox_id),
          },
  };
}
