/** Search in one chat, and in all of a user's (contract section 2, Messages). */
import { type InputOf, limits, type OutputOf, uuid } from '@parley/contract';
import { checkChat } from '../chats/access.ts';
import type { Caller, Core } from '../context.ts';
import { encodeCursor } from '../lib/cursor.ts';
import { type Found, type PresentParts, presentAll, presentMessages } from '../messages/present.ts';
import { isVisible } from '../messages/wire.ts';
import type { Window } from '../ports/stores.ts';
import { collectMatches, type Match } from './collect.ts';
import { positionIn } from './cursor.ts';
import { withHighlights } from './found.ts';
import { parseQuery } from './query.ts';

function isSeq(position: unknown): position is number {
  return typeof position === 'number' && Number.isSafeInteger(position) && position > 0;
}

/**
 * Messages that match, newest first, of those that the caller may see. A page may be short, even empty, and still have a `next_cursor`, where many
 * messages had to be looked at. Errors: `CHAT_NOT_FOUND`, `BAD_REQUEST` (the cursor).
 */
export async function searchChat(
  core: PresentParts & Pick<Core, 'chatCache'>,
  caller: Caller,
  input: InputOf<'messages.searchChat'>,
): Promise<OutputOf<'messages.searchChat'>> {
  const { chat, member } = checkChat(await core.chatCache.fresh(input.chat_id), caller.userId, 'read');
  const before = input.cursor === undefined ? Number.POSITIVE_INFINITY : positionIn(input.cursor, isSeq);
  const query = parseQuery(input.q);
  if (query.terms.length === 0) return { messages: [], next_cursor: null };
  const newest = Math.min(member.left_seq ?? Number.POSITIVE_INFINITY, before - 1);
  const { page, end } = await collectMatches(
    core,
    caller,
    query,
    input.limit ?? limits.searchPage.default,
    async (behind, count, now) => {
      const upTo = behind ? behind.seq - 1 : newest;
      if (upTo <= member.joined_seq) return [];
      const window = {
        chatId: chat.chat_id,
        after: member.joined_seq,
        upTo: Number.isFinite(upTo) ? upTo : null,
      };
      return core.messages.searchChat({ window, terms: query.terms, limit: count, now });
    },
  );
  const shown = await presentMessages(
    core,
    chat,
    caller.userId,
    page.map(({ message }) => message),
  );
  return { messages: withHighlights(shown, page), next_cursor: end ? encodeCursor([end.seq]) : null };
}

function isMessageId(position: unknown): position is string {
  return uuid.safeParse(position).success;
}

/** How much later than `left_at` a message can have been sent that is still visible: clocks differ, in milliseconds. */
const leavingMs = 60_000;

/** Where the caller may search: chats with messages, the latest active first. */
async function windowsOf(
  core: Pick<Core, 'chats' | 'messages'>,
  userId: string,
): Promise<(Window & { lastAt: string })[]> {
  const memberships = await core.chats.memberships(userId);
  const activity = await core.messages.activity(memberships.map(({ chat_id }) => chat_id));
  const windows = memberships.flatMap((membership) => {
    const active = activity.get(membership.chat_id);
    if (active === undefined) return [];
    const leftBy =
      membership.left_at === null ? Number.POSITIVE_INFINITY : Date.parse(membership.left_at) + leavingMs;
    const lastAt = new Date(Math.min(Date.parse(active), leftBy)).toISOString();
    return { chatId: membership.chat_id, after: membership.joined_seq, upTo: membership.left_seq, lastAt };
  });
  return windows.sort((a, b) => (a.lastAt < b.lastAt ? 1 : a.lastAt > b.lastAt ? -1 : 0));
}

/** The matches with their chats, less what the caller cannot see any more. */
async function withChats(
  core: Pick<Core, 'chatCache'>,
  userId: string,
  matches: readonly Match[],
): Promise<{ found: Found[]; kept: Match[] }> {
  const ids = [...new Set(matches.map(({ message }) => message.chat_id))];
  // Positions must be current, or a status could seem to go back; all are loaded at once.
  const chats = new Map(
    await Promise.all(ids.map(async (id) => [id, await core.chatCache.fresh(id)] as const)),
  );
  const found: Found[] = [];
  const kept: Match[] = [];
  for (const match of matches) {
    const chat = chats.get(match.message.chat_id);
    const member = chat?.members.get(userId);
    if (!chat || !member || !isVisible(member, match.message.seq)) continue;
    found.push({ chat, message: match.message });
    kept.push(match);
  }
  return { found, kept };
}

/**
 * As `searchChat`, over all chats that the caller is or was in, newest first by `message_id`. Errors: `BAD_REQUEST` (the cursor).
 */
export async function searchMessages(
  core: PresentParts & Pick<Core, 'chats' | 'chatCache'>,
  caller: Caller,
  input: InputOf<'messages.search'>,
): Promise<OutputOf<'messages.search'>> {
  const before = input.cursor === undefined ? null : positionIn(input.cursor, isMessageId);
  const query = parseQuery(input.q);
  if (query.terms.length === 0) return { messages: [], next_cursor: null };
  const windows = await windowsOf(core, caller.userId);
  const { page, end } = await collectMatches(
    core,
    caller,
    query,
    input.limit ?? limits.searchPage.default,
    async (behind, count, now) => {
      if (windows.length === 0) return [];
      const from = behind?.message_id ?? before;
      return core.messages.searchChats({ windows, terms: query.terms, before: from, limit: count, now });
    },
  );
  const { found, kept } = await withChats(core, caller.userId, page);
  const shown = await presentAll(core, caller.userId, found);
  return { messages: withHighlights(shown, kept), next_cursor: end ? encodeCursor([end.message_id]) : null };
}
