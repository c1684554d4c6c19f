/** What a notification says of a message. */
import type { ChatSummary, Message, Participant } from '@parley/sdk';
import { chatFace, chatName, personName, previewText } from '../lib/names.ts';
import { texts } from '../texts/texts.ts';
import { preferences } from './preferences.ts';

export interface Note {
  readonly title: string;
  readonly body: string;
  /** Address of a picture; empty for none. */
  readonly icon: string;
}

/** Code points of a text that are shown. */
const longest = 160;

export function describe(
  chat: ChatSummary,
  message: Pick<Message, 'sender_id' | 'type' | 'payload'>,
  participants: readonly Participant[],
): Note {
  const sender = participants.find(({ user_id }) => user_id === message.sender_id);
  const name = chatName(chat);
  // In a group whose members were not fetched, its name alone is known.
  const title =
    chat.type === 'direct' || !sender
      ? name
      : texts.notifications.message(personName(sender.display_name), name);
  return { title, body: bodyOf(message), icon: chatFace(chat).url };
}

function bodyOf({ type, payload }: Pick<Message, 'type' | 'payload'>): string {
  if (!preferences().previews) return texts.notifications.hidden;
  const written = 'body' in payload ? payload.body : 'caption' in payload ? (payload.caption ?? '') : '';
  const points = [...written.replace(/\s+/g, ' ').trim()];
  const preview = points.length > longest ? `${points.slice(0, longest - 1).join('')}…` : points.join('');
  if (type === 'text') return preview;
  const kind = previewText({ type, preview: '' });
  return preview ? `${kind}: ${preview}` : kind;
}
