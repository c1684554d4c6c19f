/** What people and chats are called. */
import type { ChatSummary, LastMessage } from '@parley/sdk';
import { texts } from '../texts/texts.ts';

/** What a chat is called: a group by its name, a direct chat by the other person's. */
export function chatName({ name, participant }: Pick<ChatSummary, 'name' | 'participant'>): string {
  return participant ? personName(participant.display_name) : name;
}

/** Somebody's name; new people have none yet. */
export function personName(name: string | null | undefined): string {
  return name?.trim() || texts.chats.deletedPerson;
}

/** Whose picture stands for a chat: the other person's in a direct chat. */
export function chatFace({ chat_id, avatar_url, participant, name }: ChatSummary) {
  return participant
    ? { id: participant.user_id, name: personName(participant.display_name), url: participant.avatar_url }
    : { id: chat_id, name, url: avatar_url };
}

/** At most two letters: of the first and the last word that begins with one; of what has none, what it begins with. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const named = words.filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const [first = words[0], last] = named.length > 1 ? [named[0], named.at(-1)] : named;
  return [first, last].map(beginning).join('').toLocaleUpperCase();
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

function beginning(word: string | undefined): string {
  return (
    graphemes
      .segment(word ?? '')
      [Symbol.iterator]()
      .next().value?.segment ?? ''
  );
}

/** A message in one line: its text, or what kind of thing it is. */
export function previewText({ type, preview }: Pick<LastMessage, 'type' | 'preview'>): string {
  if (type === 'text' || type === 'system') return preview;
  return texts.chats.previews[type];
}
