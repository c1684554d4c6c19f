/** Stars: seen by their owner alone, the last starred first (contract section 2, Messages). */
import { type InputOf, limits, type OutputOf } from '@parley/contract';
import type { Caller, Core } from '../context.ts';
import { AppError } from '../error.ts';
import { decodeCursor, encodeCursor } from '../lib/cursor.ts';
import { isUuid } from '../lib/ids.ts';
import { isIsoTime } from '../lib/times.ts';
import type { MarkedMessage, StoredMessage } from '../ports/stores.ts';
import { publishTold, tellUser } from '../users/telling.ts';
import { accessLiveMessage, accessMessage } from './access.ts';
import { type Found, type PresentParts, presentAll } from './present.ts';
import { isGone, isVisible } from './wire.ts';

type StarParts = Pick<Core, 'messages' | 'chatCache' | 'marks' | 'publisher' | 'clock'>;
type ListParts = PresentParts & Pick<Core, 'chatCache'>;
type Star = MarkedMessage & { starred_at: string };
/** The last star of the page before. */
type Place = Pick<Star, 'starred_at' | 'message_id'>;

/** Stars of one look-up at most, where many of them are on messages that are gone. */
const maxStars = 400;

/** Stars a message that can still be read; again changes nothing. Errors: `NOT_FOUND`. */
export async function starMessage(
  core: StarParts,
  caller: Caller,
  input: { id: string },
): Promise<OutputOf<'messages.star'>> {
  const { message } = await accessLiveMessage(core, caller, input.id, 'read');
  return setStar(core, caller, message, true);
}

/** Takes the star off, also from what was deleted since; without one nothing changes. Errors: `NOT_FOUND`. */
export async function unstarMessage(
  core: StarParts,
  caller: Caller,
  input: { id: string },
): Promise<OutputOf<'messages.unstar'>> {
  const { message } = await accessMessage(core, caller, input.id, 'read');
  return setStar(core, caller, message, false);
}

async function setStar(
  core: StarParts,
  caller: Caller,
  message: StoredMessage,
  starred: boolean,
): Promise<OutputOf<'messages.star'>> {
  const { message_id, chat_id, seq } = message;
  const tell = tellUser(core, caller, { kind: 'star', chat_id, message_id, is_starred: starred });
  publishTold(core, await core.marks.star(caller.userId, { message_id, chat_id, seq }, starred, tell));
  return { message_id, is_starred: starred };
}

/**
 * A page of starred messages that can still be read; those that were deleted since, or are over, are left out. Errors: `BAD_REQUEST`
 * (a cursor that cannot be read).
 */
export async function listStarred(
  core: ListParts,
  caller: Caller,
  input: InputOf<'messages.starred'>,
): Promise<OutputOf<'messages.starred'>> {
  const limit = input.limit ?? limits.searchPage.default;
  const wanted = limit + 1;
  const shown: (Found & { star: Star })[] = [];
  let before = input.cursor === undefined ? null : readCursor(input.cursor);
  for (let size = wanted; ; size = Math.min(maxStars, size * 2)) {
    const stars = await core.marks.starred(caller.userId, before, size);
    shown.push(...(await readable(core, caller.userId, stars)));
    before = stars.at(-1) ?? null;
    if (stars.length < size || shown.length >= wanted) break;
  }
  const page = shown.slice(0, limit);
  const last = shown.length > limit ? page.at(-1) : undefined;
  return {
    messages: await presentAll(core, caller.userId, page),
    next_cursor: last ? encodeCursor([last.star.starred_at, last.star.message_id]) : null,
  };
}

async function readable(core: ListParts, viewer: string, stars: readonly Star[]) {
  const chatIds = [...new Set(stars.map((star) => star.chat_id))];
  const [messages, chats] = await Promise.all([
    core.messages.byIds(stars.map((star) => star.message_id)),
    // One query for all of them. Positions must be current, or a status could seem to go back.
    Promise.all(chatIds.map(async (id) => [id, await core.chatCache.fresh(id)] as const)),
  ]);
  const byId = new Map(chats);
  const now = core.clock.now();
  return stars.flatMap((star) => {
    const message = messages.get(star.message_id);
    const chat = byId.get(star.chat_id);
    const member = chat?.members.get(viewer);
    if (!message || !chat || !member || !isVisible(member, message.seq) || isGone(message, now)) return [];
    return [{ star, chat, message }];
  });
}

function readCursor(text: string): Place {
  const [starred_at, message_id] = decodeCursor(text);
  if (isIsoTime(starred_at) && isUuid(message_id)) return { starred_at, message_id };
  throw new AppError('BAD_REQUEST', 'The cursor cannot be read');
}
