import { useMemo, useRef } from 'react';
import { type Row, rowsOf } from './model/rows.ts';
import type { Shown } from './model/shown.ts';

/** The rows of messages; those that did not change are the same objects as before. */
export function useRows(
  me: string,
  messages: readonly Shown[],
  hasOlder: boolean,
  unreadFrom: string | null,
): readonly Row[] {
  const before = useRef<readonly Row[]>([]);
  return useMemo(() => {
    before.current = rowsOf(messages, { me, hasOlder, unreadFrom }, before.current);
    return before.current;
  }, [me, messages, hasOlder, unreadFrom]);
}
