/** The newest message that somebody still sees, for lists of chats (contract section 2, Chats). */
import type { Core } from '../context.ts';
import { isoTime } from '../lib/times.ts';
import type { StoredMessage, Window } from '../ports/stores.ts';
import { isGone } from './wire.ts';

/** Messages that are looked at together where the newest are hidden; each time twice as many. */
const firstPage = 50;
const largestPage = 800;

/**
 * The newest message of each window that is neither deleted, over, nor deleted by the viewer for itself. It costs a few queries for all
 * windows; more only for those whose newest messages the viewer deleted.
 */
export async function newestSeen(
  core: Pick<Core, 'messages' | 'marks' | 'clock'>,
  viewer: string,
  windows: readonly Window[],
): Promise<(StoredMessage | undefined)[]> {
  const now = core.clock.now();
  const asks = windows.map((window) => ({ ...window, except: [] }));
  const newest = await core.messages.newest(asks, isoTime(now));
  const marks = await core.marks.of(
    viewer,
    newest.flatMap((message) => message?.message_id ?? []),
  );
  return Promise.all(
    newest.map((message, index) => {
      const window = windows[index];
      if (!message || !window || !marks.get(message.message_id)?.hidden) return message;
      return newestBefore(core, viewer, window, message.seq, now);
    }),
  );
}

async function newestBefore(
  core: Pick<Core, 'messages' | 'marks'>,
  viewer: string,
  { chatId, after, upTo }: Window,
  seq: number,
  now: number,
): Promise<StoredMessage | undefined> {
  let before = seq;
  for (let limit = firstPage; ; limit = Math.min(limit * 2, largestPage)) {
    const page = await core.messages.page({ chatId, before, after, upTo, limit });
    const live = page.filter((message) => !isGone(message, now));
    const marks = await core.marks.of(
      viewer,
      live.map((message) => message.message_id),
    );
    const found = live.find((message) => !marks.get(message.message_id)?.hidden);
    const last = page.at(-1);
    if (found || page.length < limit || !last) return found;
    before = last.seq;
  }
}
