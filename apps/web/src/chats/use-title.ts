import type { ChatSummary } from '@parley/sdk';
import { useEffect } from 'react';
import { formatCount } from '../lib/numbers.ts';
import { texts } from '../texts/texts.ts';

/** Tells in the page's title how many messages are unread, muted chats aside. Null: the title is somebody else's. */
export function useTitle(chats: readonly ChatSummary[] | null): void {
  const unread = chats?.reduce((sum, { is_muted, unread_count }) => sum + (is_muted ? 0 : unread_count), 0);
  useEffect(() => {
    if (unread === undefined) return;
    document.title = unread > 0 ? texts.app.titleUnread(formatCount(unread)) : texts.app.name;
    return () => {
      document.title = texts.app.name;
    };
  }, [unread]);
}
