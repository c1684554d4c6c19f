/** The list of a user's chats (contract section 2, Chats): pinned first, then by activity. */
import { type InputOf, limits, type OutputOf } from '@parley/contract';
import type { Caller, Core } from '../context.ts';
import { AppError } from '../error.ts';
import { decodeCursor, encodeCursor } from '../lib/cursor.ts';
import { isIsoTime, isoTime } from '../lib/times.ts';
import type { Membership } from '../ports/stores.ts';
import { activityOf, type DescribeParts, summarise } from './describe.ts';

/** Where a chat stands in the list. */
interface Place {
  chatId: string;
  pinned: boolean;
  at: string;
}

/** The place of the last chat of a page, and the time of the first page, whose order all pages keep. */
interface Cursor extends Place {
  asOf: string;
}

/** Whether one place comes before another: pinned, then newest, then by id. */
function compare(a: Place, b: Place): number {
  if (a.pinned !== b.pinned) return a.pinned ? -1 : 1;
  if (a.at !== b.at) return a.at > b.at ? -1 : 1;
  return a.chatId < b.chatId ? -1 : a.chatId > b.chatId ? 1 : 0;
}

/**
 * A page of the caller's chats, those that it left included. The order of later pages is that of the time of the first one: a chat that
 * moved since is neither listed twice nor left out. Errors: `BAD_REQUEST` (a cursor that cannot be read).
 */
export async function listChats(
  core: DescribeParts,
  caller: Caller,
  input: InputOf<'chats.list'>,
): Promise<OutputOf<'chats.list'>> {
  const limit = input.limit ?? limits.chatPage.default;
  const cursor = input.cursor === undefined ? null : readCursor(input.cursor);
  // Activity of this very millisecond may still come: it counts as later.
  const asOf = cursor?.asOf ?? isoTime(core.clock.now() - 1);
  const memberships = await core.chats.memberships(caller.userId);
  const places = await placesOf(core, memberships, cursor ? asOf : null);
  const after = cursor ? places.filter((place) => compare(cursor, place) < 0) : places;
  const page = after.sort(compare).slice(0, limit);
  const listings = await core.chats.listings(
    caller.userId,
    page.map((place) => place.chatId),
  );
  const last = after.length > limit ? page.at(-1) : undefined;
  return {
    chats: await summarise(
      core,
      caller.userId,
      page.flatMap(({ chatId }) => listings.get(chatId) ?? []),
    ),
    next_cursor: last ? encodeCursor([last.chatId, last.pinned, last.at, asOf]) : null,
  };
}

/** Every chat's place, as it was at `asOf` where that is given; chats that came later have none. */
async function placesOf(
  core: Pick<Core, 'messages'>,
  memberships: readonly Membership[],
  asOf: string | null,
): Promise<Place[]> {
  // Who left since was still there.
  const then = memberships.map((each) => {
    const leftLater = asOf !== null && (each.left_at ?? '') > asOf;
    return leftLater ? { ...each, left_at: null } : each;
  });
  const present = then.filter((each) => each.left_at === null).map((each) => each.chat_id);
  const activity = await core.messages.activity(present);
  if (asOf !== null) {
    const moved = present.filter((id) => (activity.get(id) ?? '') > asOf);
    if (moved.length > 0) {
      const before = await core.messages.activity(moved, asOf);
      for (const id of moved) {
        const at = before.get(id);
        if (at === undefined) activity.delete(id);
        else activity.set(id, at);
      }
    }
  }
  return then.flatMap((membership): Place[] => {
    if (asOf !== null && membership.joined_at > asOf) return [];
    const changed = asOf !== null && (membership.pin_changed_at ?? '') > asOf;
    return [
      {
        chatId: membership.chat_id,
        pinned: changed ? !membership.is_pinned : membership.is_pinned,
        at: activityOf(membership, activity.get(membership.chat_id)),
      },
    ];
  });
}

function readCursor(text: string): Cursor {
  const [chatId, pinned, at, asOf] = decodeCursor(text);
  if (typeof chatId === 'string' && typeof pinned === 'boolean' && isIsoTime(at) && isIsoTime(asOf)) {
    return { chatId, pinned, at, asOf };
  }
  throw new AppError('BAD_REQUEST', 'The cursor cannot be read');
}
