/** Making another room of one: what folding and syncing have in common. */
import type { ChatSummary, Message } from '@parley/contract';
import type { Doubt, Numbers, Room } from './room.ts';

/** The room with a doubt; a greater one stays. */
export function doubting(room: Room, doubt: Doubt): Room {
  if (room.doubt === 'now' || room.doubt === doubt || doubt === 'none') return room;
  return { ...room, doubt };
}

/** The room that has to ask for what came after these numbers, whatever was folded since. */
export function asking(room: Room, from: Partial<Numbers>, doubt: Doubt): Room {
  const version = Math.min(room.again.version, from.version ?? Number.POSITIVE_INFINITY);
  const state_version = Math.min(room.again.state_version, from.state_version ?? Number.POSITIVE_INFINITY);
  return doubting({ ...room, again: { version, state_version } }, doubt);
}

/** The numbers to ask from. */
export function numbersOf({ chat, again }: Room): Numbers {
  return {
    version: Math.max(0, Math.min(chat?.version ?? 0, again.version)),
    state_version: Math.max(0, Math.min(chat?.state_version ?? 0, again.state_version)),
  };
}

/** The room with other fields of its chat. */
export function withChat(room: Room, patch: Partial<ChatSummary>): Room {
  return room.chat ? { ...room, chat: { ...room.chat, ...patch } } : room;
}

/** The room with its messages changed one by one; the same room where none was. */
export function withMessages(room: Room, change: (message: Message) => Message): Room {
  const { history } = room;
  if (!history) return room;
  let changed = false;
  const messages = history.messages.map((message) => {
    const after = change(message);
    if (after !== message) changed = true;
    return after;
  });
  return changed ? { ...room, history: { ...history, messages } } : room;
}
