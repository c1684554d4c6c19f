/** What the server does with text, done here for what is shown before the server is asked. Tests hold it against the contract. */
import type { Message } from '@parley/contract';

const previews: Readonly<Partial<Record<Message['type'], string>>> = {
  image: '📷 Photo',
  video: '📹 Video',
  audio: '🎵 Audio',
  document: '📄 Document',
  location: '📍 Location',
};

/** One line that stands for a message in lists and replies: at most 100 code points (contract section 6). */
export function previewOf({ type, payload }: Pick<Message, 'type' | 'payload'>): string {
  const named = previews[type];
  if (named !== undefined) return named;
  const body = 'body' in payload ? payload.body : '';
  const points = [...body.replace(/\s+/g, ' ').trim()];
  return points.length > 100 ? `${points.slice(0, 99).join('')}…` : points.join('');
}

/** The payload as it will be stored: control characters other than newline and tab are taken out of its texts. */
export function storedPayload<T extends object>(payload: T): T {
  const entries = Object.entries(payload).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    entries.map(([key, value]) => [
      key,
      typeof value === 'string' ? value.replace(/[^\P{Cc}\n\t]/gu, '') : value,
    ]),
  ) as T;
}
