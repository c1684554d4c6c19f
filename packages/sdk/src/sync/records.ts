/** What is kept of the views between two runs, and how it is read again: see `Keeper`. */
import type { ChatSummary, Message, SyncParticipant } from '@parley/contract';
import type { RecordValue } from '../database/types.ts';
import { numbersOf } from '../view/changed-room.ts';
import type { Entry } from '../view/entry.ts';
import { trimHistory } from '../view/history.ts';
import { emptyRoom, type Room } from '../view/room.ts';
import { withStatuses } from '../view/status.ts';
import { derive, recounting } from '../view/summary.ts';
import { participantsOf } from './adopt.ts';
import type { Kept } from './keeper.ts';

/** Of what is kept; another version is not read. */
export const format = 1;

/** Messages that are kept of a chat. */
const keptMessages = 200;

interface ChatRecord {
  /** With the numbers from which to ask. */
  readonly chat: ChatSummary;
  readonly people: readonly SyncParticipant[];
  /** Undefined where no messages are held. */
  readonly older?: string | null;
}

/** The record of a room that stays the same as long as the room does. */
const made = new WeakMap<Room, ChatRecord>();

function place(seq: number): string {
  return String(seq).padStart(12, '0');
}

/** All that is kept of one chat. */
export function chatRecords({ room }: Entry): Kept {
  const kept: Kept = new Map();
  const { chatId, chat } = room;
  if (!chat) return kept;
  const { history } = trimHistory(room, keptMessages);
  // What the server does not know yet may have been counted: then it is told anew.
  const told = room.reading > 0 ? recounting(room) : room;
  const record: ChatRecord = made.get(room) ?? {
    chat: { ...chat, ...numbersOf(told) },
    people: [...room.people.values()],
    ...(history && { older: history.older }),
  };
  made.set(room, record);
  kept.set(`chat/${chatId}`, record);
  for (const message of history?.messages ?? []) kept.set(`message/${chatId}/${place(message.seq)}`, message);
  return kept;
}

/** The rooms that were kept, by chat id. */
export function roomsOf(records: ReadonlyMap<string, RecordValue>, me: string): Map<string, Room> {
  const messages = new Map<string, Message[]>();
  for (const [key, value] of records) {
    const [kind, chatId = ''] = key.split('/');
    // They come in the order of their keys.
    if (kind !== 'message') continue;
    const list = messages.get(chatId) ?? [];
    messages.set(chatId, list);
    list.push(value as Message);
  }
  const rooms = new Map<string, Room>();
  for (const [key, value] of records) {
    if (!key.startsWith('chat/')) continue;
    const record = value as ChatRecord;
    const { chat, people, older } = record;
    const chatId = chat.chat_id;
    const room: Room = {
      ...emptyRoom(chatId, me),
      chat,
      people: new Map(people.map((person) => [person.user_id, person])),
      history: older === undefined ? null : { messages: messages.get(chatId) ?? [], older, newer: false },
    };
    const restored = derive(withStatuses({ ...room, partial: true, participants: participantsOf([], room) }));
    made.set(restored, record);
    rooms.set(chatId, restored);
  }
  return rooms;
}
