/** Finding chats by name, as one writes. */
import type { ChatSummary } from '@parley/sdk';
import { chatName } from '../lib/names.ts';

/** Chats in whose name every word that was written begins a word; case and accents do not count. */
export function filterChats(chats: readonly ChatSummary[], written: string): readonly ChatSummary[] {
  const wanted = words(written);
  if (wanted.length === 0) return chats;
  return chats.filter((chat) => {
    const name = plain(chatName(chat));
    const parts = words(name);
    return wanted.every((word) => name.startsWith(word) || parts.some((part) => part.startsWith(word)));
  });
}

function plain(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLocaleLowerCase();
}

function words(text: string): string[] {
  return plain(text).split(/\s+/).filter(Boolean);
}
