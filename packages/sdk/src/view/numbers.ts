/** Counters (contract section 2, Sync): which events are new, which are repeats, and where one is missing. */
import { changeMessage } from './history.ts';
import { doubting, type Room, withChat } from './room.ts';
import { covers } from './summary.ts';

/**
 * For so long after an answer (milliseconds) what it counts may be older or newer than its `version`: the server reads them one
 * after the other.
 */
const tornMs = 1000;

/** Whether the chat was fetched so short a time ago. */
export function isTorn({ readAt }: Room, now: number): boolean {
  return now - readAt < tornMs;
}

/** Takes a number for one's own message, whose answer does not tell it. */
export function guessVersion(room: Room, messageId: string, version: number): Room {
  const guessed = new Map([...room.guessed, [version, messageId] as const].slice(-64));
  return settle({ ...room, guessed });
}

/** Steps over numbers that are taken by guesses. */
function settle(room: Room): Room {
  let version = room.chat?.version ?? 0;
  while (room.guessed.has(version + 1)) version++;
  return version === room.chat?.version ? room : withChat(room, { version });
}

/**
 * Takes the `version` of an event about a message. `fresh` is false for a repeat. A jump is a doubt, and so is a number that was
 * guessed to be another message's.
 */
export function takeVersion(
  before: Room,
  version: number,
  messageId: string,
  now: number,
): { room: Room; fresh: boolean } {
  const doubtful = isTorn(before, now) && version > before.sureVersion && !covers(before);
  const room = doubtful ? doubting(before, 'now') : before;
  const known = room.chat?.version ?? 0;
  const guess = room.guessed.get(version);
  if (guess !== undefined) {
    const guessed = new Map(room.guessed);
    guessed.delete(version);
    const taken = { ...room, guessed };
    return guess === messageId
      ? { room: taken, fresh: false }
      : { room: doubting(unnumbered(taken, guess), 'now'), fresh: true };
  }
  if (version <= known) return { room, fresh: false };
  const taken = settle(withChat(room, { version }));
  return { room: version === known + 1 ? taken : doubting(taken, 'now'), fresh: true };
}

/** Takes a wrong guess back: whatever is fetched of the message is newer. */
function unnumbered(room: Room, messageId: string): Room {
  return changeMessage(room, messageId, (message) => ({ ...message, version: 0 }));
}

/** Takes a chat's `state_version`. A jump is a small doubt: receipts that are told to others raise it too. */
export function takeState(room: Room, version: number): { room: Room; fresh: boolean } {
  const known = room.chat?.state_version ?? 0;
  if (version <= known) return { room, fresh: false };
  const taken = withChat(room, { state_version: version });
  return { room: version === known + 1 ? taken : doubting(taken, 'later'), fresh: true };
}

/** Takes a `user_version`; jumps are seen where all chats are, since one number serves them all. */
export function takeOwn(room: Room, version: number): { room: Room; fresh: boolean } {
  if (version <= room.ownVersion) return { room, fresh: false };
  return { room: { ...room, ownVersion: version }, fresh: true };
}
