/** The emoji of the Unicode standard (emojibase), served with this page: no other host is asked. */
import dataUrl from 'emojibase-data/en/data.json?url';
import messagesUrl from 'emojibase-data/en/messages.json?url';
import type { EmojiDataResolver } from 'frimousse';
import { newestVersion } from './support.ts';

interface Emoji {
  readonly emoji: string;
  readonly label: string;
  readonly version: number;
  readonly group?: number;
  readonly tags?: string[];
  readonly skins?: readonly { readonly emoji: string; readonly tone?: number | readonly number[] }[];
}

interface Messages {
  readonly groups: readonly { readonly key: string; readonly message: string; readonly order: number }[];
  readonly skinTones: readonly { readonly key: Tone; readonly message: string }[];
}

/** In the order of emojibase's numbers, from 1. */
const tones = ['light', 'medium-light', 'medium', 'medium-dark', 'dark'] as const;
type Tone = (typeof tones)[number];

/** Fetches them; those that this device has no pictures for are left out. Rejects where the files cannot be had. */
export const loadEmoji: EmojiDataResolver = async (locale, { signal } = {}) => {
  const [all, messages] = await Promise.all([
    load<readonly Emoji[]>(dataUrl, signal),
    load<Messages>(messagesUrl, signal),
  ]);
  const newest = newestVersion(all);
  const shown = all.filter(({ group, version }) => group !== undefined && version <= newest);
  return {
    locale,
    emojis: shown.map(({ emoji, label, version, group = 0, tags = [], skins }) => {
      const base = { emoji, label: capital(label), version, category: group, tags };
      const tinted = skins && inTones(skins);
      return tinted ? { ...base, skins: tinted } : base;
    }),
    categories: messages.groups
      .filter(({ key }) => key !== 'component')
      .map(({ order, message }) => ({ index: order, label: capital(message) })),
    skinTones: Object.fromEntries(
      messages.skinTones.map(({ key, message }) => [key, capital(message)]),
    ) as Record<Tone, string>,
  };
};

async function load<T>(url: string, signal: AbortSignal | undefined): Promise<T> {
  const response = await fetch(url, signal ? { signal } : {});
  if (!response.ok) throw new Error(`The emoji could not be loaded: ${response.status}`);
  return (await response.json()) as T;
}

/** Those of one tone; null where not every tone is there. */
function inTones(skins: NonNullable<Emoji['skins']>): Record<Tone, string> | null {
  const found = tones.map(
    (tone, index) => [tone, skins.find((skin) => skin.tone === index + 1)?.emoji] as const,
  );
  return found.every(([, emoji]) => emoji !== undefined)
    ? (Object.fromEntries(found) as Record<Tone, string>)
    : null;
}

function capital(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
