/** Reads: a message is read when it was in view on a visible page, and never in the background. */
import { useCallback, useEffect, useRef } from 'react';
import type { Row } from '../model/rows.ts';
import { isStored } from '../model/shown.ts';

/** Milliseconds after which a message that is still unread is marked again. */
const patienceMs = 3000;

/** Answers what is to be called when the rows up to an index are in view; `again` is called when the page becomes visible. */
export function useReads(
  rows: readonly Row[],
  me: string,
  markRead: (upToMessageId: string) => void,
  again: () => void,
): (lastVisible: number) => void {
  const marked = useRef(0);
  const last = useRef<{ at: number; timer: ReturnType<typeof setTimeout> | undefined }>({
    at: 0,
    timer: undefined,
  });
  const repeat = useRef(again);
  repeat.current = again;
  useEffect(() => () => clearTimeout(last.current.timer), []);
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
        const unread = message.status !== 'read';
        // What was refused, or lost on its way, is still unread then.
        const overdue = unread && Date.now() - last.current.at >= patienceMs;
        if (message.seq > marked.current || overdue) {
          marked.current = message.seq;
          if (unread) {
            markRead(message.message_id);
            clearTimeout(last.current.timer);
            last.current = { at: Date.now(), timer: setTimeout(() => repeat.current(), patienceMs) };
          }
        }
        return;
      }
    },
    [rows, me, markRead],
  );
}
