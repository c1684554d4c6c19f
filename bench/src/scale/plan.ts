/**
 * Who writes what where. A reader has 20 chats: a group of eight, the big chat, which has half of all messages, and 19 direct ones with
 * a quarter. A collector has 1,000 direct chats with the last quarter. Neither has read anything.
 */
import { makeVocabulary, marks, TextWriter } from './texts.ts';

export const readersChats = 20;
export const collectorsChats = 1000;
/** Others in the big chat. */
const others = 7;

/** Users by their number; the first is 0. */
export const people = {
  reader: 0,
  collector: 1,
  /** The n-th other member of the big chat. */
  member: (n: number) => 2 + n,
  /** With whom the reader has its n-th direct chat. */
  readersPartner: (n: number) => 20 + n,
  collectorsPartner: (n: number) => 100 + n,
  /** Who syncs contacts. */
  syncer: (n: number) => 1200 + n,
} as const;

/** How many may sync. */
export const syncers = 400;

/** The phone number of the n-th user. */
export function phoneOf(n: number): string {
  return `+49${String(1_000_000_000 + n)}`;
}

/** A chat by its number: 0 is the big one, then the reader's direct ones, then the collector's. */
export interface PlannedChat {
  index: number;
  /** Those who write in it, by user number. */
  writers: number[];
}

/** All chats: the first is a group of the reader and its writers, the others are direct. */
export function planChats(): PlannedChat[] {
  const members = Array.from({ length: others }, (_, n) => people.member(n));
  const direct = (self: number, partner: number): number[] => [self, partner];
  return [
    [people.reader, ...members],
    ...Array.from({ length: readersChats - 1 }, (_, n) => direct(people.reader, people.readersPartner(n))),
    ...Array.from({ length: collectorsChats }, (_, n) =>
      direct(people.collector, people.collectorsPartner(n)),
    ),
  ].map((writers, index) => ({ index, writers }));
}

export interface PlannedMessage {
  chat: number;
  /** Its user number. */
  sender: number;
  body: string;
}

/** Messages in the big chat, of so many in all. */
export function inBigChat(messages: number): number {
  return Math.ceil(messages / 2);
}

/** The `seq`s of the messages in the big chat that have the rare word: the oldest tenth, the middle, the newest tenth. */
export function rareSeqs(messages: number): number[] {
  return [0.1, 0.5, 0.9].map((share) => Math.floor(inBigChat(messages) * share) + 1);
}

/** All messages in their order. */
export function* planMessages(messages: number): Generator<PlannedMessage> {
  const chats = planChats();
  const words = makeVocabulary();
  const writer = new TextWriter(words);
  const rare = new Set(rareSeqs(messages).map((seq) => seq - 1));
  const inCollectors = Math.floor(messages / 8) * 4 + 3;
  for (let index = 0; index < messages; index += 1) {
    const turn = index >> 2;
    const place = index & 3;
    const chat =
      place < 2 ? 0 : place === 2 ? 1 + (turn % (readersChats - 1)) : readersChats + (turn % collectorsChats);
    const nth = place < 2 ? turn * 2 + place : turn;
    const writers = chats[chat]?.writers ?? [];
    const isRare = (chat === 0 && rare.has(nth)) || index === inCollectors;
    const text = writer.next();
    // Beside the most frequent word, so that both can be looked for together.
    const body = isRare ? `${text} ${words[0]} ${marks.rare}` : text;
    // A step that is no divisor of any number of writers: everybody writes in every chat.
    yield { chat, sender: writers[Math.floor(nth / 3 + turn) % writers.length] ?? 0, body };
  }
}
