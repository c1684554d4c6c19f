/** History, newest first (contract section 2, Messages). */
import { type InputOf, limits, type OutputOf, uuid } from '@parley/contract';
import { checkChat } from '../chats/access.ts';
import type { Caller, Core } from '../context.ts';
import { AppError } from '../error.ts';
import type { StoredMessage, Window } from '../ports/stores.ts';
import { type PresentParts, render, type Surroundings, surroundings } from './present.ts';
import { readsVisibleInAll } from './reads.ts';
import { isVisible } from './wire.ts';

/** Rows of one look-up at most, where many were deleted by the viewer for itself. */
const maxRows = 400;

/**
 * A page of what the caller may see, without what it deleted for itself: before `cursor`, or after `after`. Errors: `CHAT_NOT_FOUND`,
 * `BAD_REQUEST` (one that is no message of this chat, or both).
 */
export async function listMessages(
  core: PresentParts & Pick<Core, 'chatCache'>,
  caller: Caller,
  input: InputOf<'messages.list'>,
): Promise<OutputOf<'messages.list'>> {
  const { cursor, after } = input;
  if (cursor !== undefined && after !== undefined) {
    throw new AppError('BAD_REQUEST', 'A page begins at a cursor or after a message, not both');
  }
  const named = cursor ?? after;
  const [record, start] = await Promise.all([
    // Positions must be current, or a status could seem to go back.
    core.chatCache.fresh(input.chat_id),
    named === undefined ? null : messageAt(core, named),
  ]);
  const { chat, member } = checkChat(record, caller.userId, 'read');
  if (start && (start.chat_id !== chat.chat_id || !isVisible(member, start.seq))) throw badCursor();
  const limit = input.limit ?? limits.historyPage.default;
  const window = { chatId: chat.chat_id, after: member.joined_seq, upTo: member.left_seq };
  const isNewer = after !== undefined && start !== null;
  const next = isNewer ? newer(core, window, start.seq) : older(core, window, start?.seq ?? null);
  const [{ rows, around }, readsVisible] = await Promise.all([
    shownRows(core, caller.userId, next, limit + 1),
    readsVisibleInAll(core, [chat]),
  ]);
  const hasMore = rows.length > limit;
  const taken = hasMore ? rows.slice(0, limit) : rows;
  const page = (isNewer ? taken.toReversed() : taken).map((message) => ({ chat, message }));
  return {
    messages: render(core, caller.userId, page, around, readsVisible),
    next_cursor: hasMore ? (taken.at(-1)?.message_id ?? null) : null,
    has_more: hasMore,
  };
}

/** Reads on from the last message that was read, or from the beginning; fewer than `limit` only where there are no more. */
type Next = (last: StoredMessage | undefined, limit: number) => Promise<StoredMessage[]>;

function older(core: Pick<Core, 'messages'>, window: Window, before: number | null): Next {
  return (last, limit) => core.messages.page({ ...window, before: last?.seq ?? before, limit });
}

/** Numbers have no holes: so many after one are in a range that is as long. */
function newer(core: Pick<Core, 'messages'>, window: Window, start: number): Next {
  return async (last, limit) => {
    const after = last?.seq ?? start;
    const page = await core.messages.page({ ...window, after, before: after + limit + 1, limit });
    return page.toReversed();
  };
}

/** The message that a cursor names: also one that was deleted since. */
async function messageAt(core: Pick<Core, 'messages'>, cursor: string): Promise<StoredMessage> {
  const id = uuid.safeParse(cursor);
  const message = id.success ? (await core.messages.byIds([id.data])).get(id.data) : undefined;
  if (!message) throw badCursor();
  return message;
}

function badCursor(): AppError {
  return new AppError('BAD_REQUEST', 'The cursor is not a message of this chat');
}

/** `wanted` messages that the viewer did not delete for itself, and what is around them; fewer only where there are no more. */
async function shownRows(
  core: Pick<Core, 'messages' | 'marks' | 'media' | 'mediaLinks'>,
  viewer: string,
  next: Next,
  wanted: number,
): Promise<{ rows: StoredMessage[]; around: Surroundings }> {
  const rows: StoredMessage[] = [];
  const around: Surroundings = { marks: new Map(), replies: new Map(), media: new Map() };
  let last: StoredMessage | undefined;
  let limit = wanted;
  for (;;) {
    const page = await next(last, limit);
    const found = await surroundings(core, viewer, page);
    for (const [id, mark] of found.marks) around.marks.set(id, mark);
    for (const [id, reply] of found.replies) around.replies.set(id, reply);
    for (const [id, media] of found.media) around.media.set(id, media);
    rows.push(...page.filter((message) => !found.marks.get(message.message_id)?.hidden));
    last = page.at(-1);
    if (!last || page.length < limit || rows.length >= wanted) return { rows: rows.slice(0, wanted), around };
    limit = Math.min(maxRows, limit * 2);
  }
}
