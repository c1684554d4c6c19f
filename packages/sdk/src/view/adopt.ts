/**
 * Taking what was fetched. While it was under way events came, which it may have in it or not: `begun` is the room as it was
 * when the server was asked, and the events since then are folded again into what it answered. Folding knows repeats, so
 * nothing is lost, undone or counted twice.
 */
import type { Chat, ChatSummary, Message } from '@parley/contract';
import { fold } from './fold.ts';
import { doubting, type History, type Room, type RoomEvent, withChat } from './room.ts';
import { keep } from './same.ts';
import { derive } from './summary.ts';

/** A chat and its newest messages, asked for in this order, so that no message is older than the chat's `version`. */
export interface Fetched {
  readonly chat: Chat;
  /** Oldest first; null where they were not asked for. */
  readonly history: History | null;
}

/** When the answer came (milliseconds since the epoch), and what happened since the server was asked. */
export interface Since {
  readonly begun: Room;
  readonly events: readonly RoomEvent[];
  readonly now: number;
}

/** Takes the present state of a chat. */
export function adopt(room: Room, { chat, history }: Fetched, since: Since): Room {
  const { begun, now } = since;
  const { participants, ...summary } = chat;
  const guessed = new Set(room.guessed.values());
  const messages = history?.messages.map((message) => newer(room, message, guessed));
  const headSeq = Math.max(headOf(begun, summary), messages?.at(-1)?.seq ?? 0);
  const taken: Room = {
    ...room,
    chat: room.chat ? keep(room.chat, summary) : summary,
    participants: room.participants ? keep(room.participants, participants) : participants,
    history: messages ? { older: history?.older ?? null, messages } : null,
    headSeq,
    liveFrom: headSeq,
    guessed: new Map(),
    readAt: now,
    sureVersion: sureOf(begun),
    doubt: 'none',
  };
  return derive(replay(taken, since));
}

/** The largest `seq`, where nothing came that was not seen. */
function headOf(begun: Room, { version }: ChatSummary): number {
  return begun.chat?.version === version ? begun.headSeq : 0;
}

/** The `version` that whatever is answered has for certain: the last that was told, not what was guessed. */
function sureOf({ chat, guessed }: Room): number {
  return Math.min(chat?.version ?? 0, ...[...guessed.keys()].map((version) => version - 1));
}

/** A message as it was held, where that is the same or newer. */
function newer(room: Room, message: Message, guessed: ReadonlySet<string>): Message {
  const held = room.history?.messages.find(({ message_id }) => message_id === message.message_id);
  if (!held) return message;
  return held.version > message.version && !guessed.has(held.message_id) ? held : keep(held, message);
}

/** Takes a chat's entry in the list. */
export function adoptSummary(room: Room, summary: ChatSummary, since: Since): Room {
  const { begun, now } = since;
  const { chat } = room;
  if (!chat || (!room.history && !room.participants)) {
    const taken: Room = {
      ...room,
      chat: chat ? keep(chat, summary) : summary,
      headSeq: headOf(begun, summary),
      liveFrom: headOf(begun, summary),
      guessed: new Map(),
      readAt: now,
      sureVersion: sureOf(begun),
      doubt: 'none',
    };
    return replay(taken, since);
  }
  // Its numbers must not go ahead of messages and participants, or what these miss would never be seen.
  const { is_muted, mute_until, is_pinned, version, state_version } = summary;
  const own = withChat(room, { is_muted, mute_until, is_pinned });
  const taken = replay({ ...own, chat: own.chat && keep(chat, own.chat) }, since);
  const behind = version > chat.version || state_version > chat.state_version;
  return behind ? doubting(taken, 'now') : taken;
}

/** Takes the page before the oldest message that is held. */
export function adoptOlder(room: Room, page: History, since: Since): Room {
  const { history } = room;
  if (!history || history.older === null || history.older !== since.begun.history?.older) return room;
  const oldest = history.messages[0]?.seq ?? Number.POSITIVE_INFINITY;
  const older = page.messages.filter(({ seq }) => seq < oldest);
  const messages = [...older, ...history.messages];
  return derive(replay({ ...room, history: { messages, older: page.older } }, since));
}

/** Folds again what came since; the user's own events are told from repeats by the number known when it began. */
function replay(room: Room, { begun, events, now }: Since): Room {
  const again: Room = { ...room, ownVersion: begun.ownVersion };
  const replayed = events.reduce((state, event) => fold(state, event, now), again);
  return { ...replayed, ownVersion: Math.max(room.ownVersion, replayed.ownVersion) };
}
