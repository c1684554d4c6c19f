/**
 * Looks for what moved: the caller's own changes, and the chats with larger numbers than the caller's. A few queries, however many chats are
 * named.
 *
 * Numbers are read before what they stand for, so that none is ever ahead of what is told: heads of messages before memberships,
 * so that nobody who was removed in between is told of later ones; both before messages and participants.
 */
import type { ChatNumbers } from '@parley/contract';
import type { Core } from '../context.ts';
import { AppError } from '../error.ts';
import type { SyncMembership, UserChangeRecord } from '../ports/stores.ts';

/** What the caller holds. */
export interface Held {
  user: number;
  chats: ReadonlyMap<string, ChatNumbers>;
}

export interface Sight {
  /** The caller's `user_version`, and what is behind the one given; not more than a page. */
  head: number;
  rows: UserChangeRecord[];
  /** There are more rows than these. */
  moreRows: boolean;
  /** Named chats that the caller was never in. */
  strange: string[];
  /** Named chats in which something may have to be told, in the order given. */
  moved: string[];
  /** There may be more than these. */
  moreMoved: boolean;
  heads: Map<string, { seq: number; version: number }>;
  memberships: Map<string, SyncMembership>;
}

/** Chats that are new to the caller in one page: each costs a look at its newest messages. */
const mostNew = 64;

/** Errors: `NOT_FOUND` (there is no such user any more), `SERVICE_UNAVAILABLE`. */
export async function look(
  core: Pick<Core, 'chats' | 'messages'>,
  userId: string,
  held: Held,
  limit: number,
): Promise<Sight> {
  const named = [...held.chats].map(([chatId, numbers]) => ({
    chatId,
    version: numbers.version,
    stateVersion: numbers.state_version,
  }));
  const [own, standings] = await Promise.all([
    core.chats.userChanges(userId, held.user, limit + 1),
    core.chats.standings(userId, named),
  ]);
  if (!own) throw new AppError('NOT_FOUND', 'This account does not exist any more');
  const rows = firstRows(own.changes.slice(0, limit), held.chats);
  const ownChats = new Set(rows.flatMap((row) => row.chat_id ?? []));

  const rest = named.filter(({ chatId }) => !ownChats.has(chatId));
  const present = rest.flatMap(({ chatId, version }) => {
    const standing = standings.get(chatId);
    const always = standing === 'moved';
    return standing === undefined || always ? [{ chatId, version, always }] : [];
  });
  const wanted = [...ownChats].map((chatId) => {
    return { chatId, version: held.chats.get(chatId)?.version ?? 0, always: true };
  });
  const most = limit + 1 + wanted.length;
  const heads = await core.messages.newerHeads([...wanted, ...present], most);
  const candidates = rest.flatMap(({ chatId }) => {
    const standing = standings.get(chatId);
    return standing === 'former' || standing === 'moved' || heads.has(chatId) ? [chatId] : [];
  });
  const moved = candidates.slice(0, limit + 1);
  return {
    head: own.head,
    rows,
    moreRows: rows.length < own.changes.length,
    strange: rest.flatMap(({ chatId }) => (standings.get(chatId) === 'stranger' ? [chatId] : [])),
    moved,
    moreMoved: moved.length < candidates.length || heads.size === most,
    heads,
    memberships: await core.chats.syncMemberships(userId, [...ownChats, ...moved]),
  };
}

/** Not more than name a page's new chats. */
function firstRows(
  rows: readonly UserChangeRecord[],
  known: ReadonlyMap<string, unknown>,
): UserChangeRecord[] {
  const fresh = new Set<string>();
  const end = rows.findIndex(({ chat_id }) => {
    if (chat_id !== null && !known.has(chat_id)) fresh.add(chat_id);
    return fresh.size > mostNew;
  });
  return rows.slice(0, end === -1 ? rows.length : end);
}
