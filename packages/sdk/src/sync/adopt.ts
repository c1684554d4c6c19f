/** Taking what the server has told of one chat: by `sync` (contract section 2), and by pages of its messages. Pure. */
import type { ChatSummary, Message, Participant, SyncChat, SyncParticipant } from '@parley/contract';
import { asking } from '../view/changed-room.ts';
import { goOn } from '../view/fold.ts';
import { findMessage, marked, putMessage, quoteMessage } from '../view/history.ts';
import type { Counter, History, Numbers, Room } from '../view/room.ts';
import { keep, keepList } from '../view/same.ts';
import { withStatus, withStatuses } from '../view/status.ts';
import { covers, derive, recounting } from '../view/summary.ts';

/** How an answer was asked for. */
export interface Asked {
  /** The numbers that were given; null where the chat was not named. */
  readonly from: Numbers | null;
  /** Whether the user has come to be in it anew. */
  readonly isNew: boolean;
  /** Whether nothing of the user's own was folded that the answer does not know. */
  readonly own: boolean;
  /** Whether the answer has more to come. */
  readonly more: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Takes a chat's part of an answer. Taking it twice, or after newer events, does no harm. */
export function adopt(room: Room, told: SyncChat, { from, isNew, own, more, now }: Asked): Room {
  const { chat, reset, removed, version, state_version } = told;
  const held = room.chat;
  if (!chat) return room;
  // One that is held and was not named is told from its beginning, where something was marked in it: then only the counts are meant.
  const anew = !held || (reset && (from !== null || isNew || !held.is_member));
  if (!anew && !from && !removed) {
    const { unread_count, last_message } = own ? chat : held;
    return derive(kept(room, { ...room, chat: { ...held, unread_count, last_message }, countedAt: now }));
  }
  const fresh = anew || version >= held.version;
  const freshState = anew || state_version >= held.state_version;
  const counted = own && fresh && freshState;
  const people = peopleOf(anew ? new Map() : room.people, told.participants, freshState);
  let next: Room = {
    ...room,
    people,
    ahead: removed ? [] : room.ahead,
    chat: {
      ...(freshState ? chat : held),
      ...(counted || anew ? ownOf(chat) : ownOf(held)),
      version: anew ? version : Math.max(held.version, version),
      state_version: anew ? state_version : Math.max(held.state_version, state_version),
      is_member: !removed && chat.is_member,
    },
    partial: more,
    toldFrom: from && !anew && version > from.version ? from.version : Number.POSITIVE_INFINITY,
    countedAt: now,
  };
  next = { ...next, participants: participantsOf(room.participants, next) };
  if (anew) next = { ...next, history: beginningOf(told, next) };
  for (const message of told.messages) next = place(next, message);
  if (told.participants.length > 0) next = withStatuses(next);
  next = settled(next, anew || removed ? null : from, told);
  const behind = anew && held && (held.version > version || held.state_version > state_version);
  if (behind) next = asking(next, {}, 'now');
  else if (!counted && !anew && !removed && !covers(next)) next = recounting(next, 'later');
  return goOn(kept(room, derive(next)), now);
}

/** What is counted or set for oneself. */
function ownOf(chat: ChatSummary) {
  const { is_muted, mute_until, is_pinned, unread_count, last_message, updated_at } = chat;
  return { is_muted, mute_until, is_pinned, unread_count, last_message, updated_at };
}

function peopleOf(
  before: ReadonlyMap<string, SyncParticipant>,
  told: readonly SyncParticipant[],
  fresh: boolean,
): ReadonlyMap<string, SyncParticipant> {
  if (told.length === 0) return before;
  const people = new Map(before);
  for (const person of told) {
    const held = people.get(person.user_id);
    const { user_id, delivered_seq, read_seq } = person;
    people.set(
      user_id,
      held && !fresh
        ? {
            ...person,
            // Of all that is told of somebody, events tell of these: then they are newer.
            role: held.role,
            delivered_seq: Math.max(delivered_seq, held.delivered_seq),
            read_seq: Math.max(read_seq, held.read_seq),
          }
        : person,
    );
  }
  return people;
}

/** The present members, as they are shown. */
export function participantsOf(
  before: readonly Participant[],
  { people, chat }: Room,
): readonly Participant[] {
  const present = chat?.is_member ? [...people.values()].filter(({ is_member }) => is_member) : [];
  const known = new Map(before.map((person) => [person.user_id, person]));
  const participants = present.map(({ user_id, display_name, avatar_url, role, joined_at }) => {
    const person = { user_id, display_name, avatar_url, role, joined_at };
    return keep(known.get(user_id) ?? person, person);
  });
  return keepList(before, participants);
}

/** Where the messages that come with a reset begin; null where there are some of which none came. */
function beginningOf({ messages }: SyncChat, { people, me, chat }: Room): History | null {
  const oldest = Math.min(...messages.map(({ seq }) => seq));
  const first = messages.find(({ seq }) => seq === oldest);
  const begins = !first ? !chat?.last_message : oldest <= (people.get(me)?.joined_seq ?? 0) + 1;
  if (!first) return begins ? { messages: [], older: null, newer: false } : null;
  return { messages: [first], older: begins ? null : first.message_id, newer: false };
}

function place(room: Room, message: Message): Room {
  const placed = quoteMessage(putMessage(room, message), message);
  return findMessage(placed, message.message_id) ? placed : { ...placed, unseen: message.version };
}

/** What had to be asked for was told, unless something that was folded since goes back further. `from` is null where all was told. */
function settled(room: Room, from: Numbers | null, told: Numbers): Room {
  const left = (counter: Counter) => {
    const again = room.again[counter];
    if (from && from[counter] > again) return again;
    return from && told[counter] < (room.chat?.[counter] ?? 0) ? told[counter] : Number.POSITIVE_INFINITY;
  };
  const again = { version: left('version'), state_version: left('state_version') };
  const done = again.version === again.state_version && again.version === Number.POSITIVE_INFINITY;
  return { ...room, again, doubt: done ? 'none' : room.doubt };
}

/** The room with its old chat where nothing of it changed. */
function kept(before: Room, after: Room): Room {
  return before.chat && after.chat ? { ...after, chat: keep(before.chat, after.chat) } : after;
}

/** The server has told all that comes after these numbers: nothing. */
export function confirm(room: Room, from: Numbers, now: number): Room {
  return room.chat ? goOn(settled({ ...room, partial: false }, from, from), now) : room;
}

/** A page of messages, and the room as it was when it was asked for. */
export interface Page {
  readonly begun: Room;
  /** Oldest first. */
  readonly messages: readonly Message[];
  readonly history: (messages: readonly Message[]) => History | null;
}

/**
 * Takes a page. What was folded meanwhile of messages that were not held is asked for again: the page may be older than that, and in it
 * only what the user marked is known to be newer.
 */
export function adoptPage(room: Room, { begun, messages, history }: Page): Room {
  const known = messages.flatMap((message) => {
    const held = findMessage(room, message.message_id);
    const shown = marked(room, held && held.version > message.version ? held : message);
    return shown ? [keep(held ?? shown, withStatus(room, shown))] : [];
  });
  const taken = derive({ ...room, history: history(known) });
  const since = begun.chat?.version ?? 0;
  return room.unseen > since ? asking(taken, { version: since }, 'now') : taken;
}
