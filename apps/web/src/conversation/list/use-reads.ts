/** Reads: a message is read when it was in view on a visible page, and never in the background. */
import { useCallback, useEffect, useRef } from 'react';
import type { Row } from '../model/rows.ts';
import { isStored } from '../model/shown.ts';

/** Answers what is to be called when the rows up to an index are in view; `again` is called when the page becomes visible. */
export function useReads(
  rows: readonly Row[],
  me: string,
  markRead: (upToMessageId: string) => void,
  again: () => void,
): (lastVisible: number) => void {
  const marked = useRef(0);
  useEffect(() => {
    const look = () => document.visibilityState === 'visible' && again();
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, [again]);
  return useCallback(
    (lastVisible: number) => {
      if (document.visibilityState !== 'visible') return;
      for (let index = Math.min(lastVisible, rows.length - 1); index >= 0; index--) {
        const message = rows[index]?.message;
        if (!message || !isStored(message) || message.sender_id === me || message.type === 'system') continue;
        if (message.seq > marked.current) {
          marked.current = message.seq;
          if (message.status !== 'read') markRead(message.message_id);
        }
        return;
      }
    },
    [rows, me, markRead],
  );
}
