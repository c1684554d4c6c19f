/** Going to a message, which may be far away. */

import type { MessagesState } from '@parley/sdk/react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { texts } from '../texts/texts.ts';
import { useToast } from '../ui/toast.tsx';
import type { Row } from './model/rows.ts';
import { isStored } from './model/shown.ts';

/** Where the list is to go; `at` differs each time. */
export interface Target {
  readonly messageId: string;
  readonly at: number;
}

/** `named` is the message that the address names. */
export function useJump(
  rows: readonly Row[],
  { reach, loadOlder }: Pick<MessagesState, 'reach' | 'loadOlder'>,
  named: string | undefined,
) {
  const toast = useToast();
  const [target, setTarget] = useState<Target | null>(null);
  const [seeking, setSeeking] = useState(false);
  const count = useRef(0);
  const parts = useRef({ rows, reach, loadOlder, toast });
  parts.current = { rows, reach, loadOlder, toast };
  const jumpTo = useCallback(async (messageId: string) => {
    const { rows, reach, loadOlder, toast } = parts.current;
    const at = ++count.current;
    try {
      if (!rows.some(({ message }) => isStored(message) && message.message_id === messageId)) {
        setSeeking(true);
        if (!(await reach(messageId))) {
          toast.show(texts.conversation.notThere);
          return;
        }
        // The oldest one is shown when the one above it is there.
        await loadOlder();
      }
      // Another one was asked for meanwhile.
      if (at === count.current) setTarget({ messageId, at });
    } catch (error) {
      toast.error(error);
    } finally {
      if (at === count.current) setSeeking(false);
    }
  }, []);
  useEffect(() => {
    if (named !== undefined) void jumpTo(named);
  }, [named, jumpTo]);
  return { target, jumpTo, seeking };
}
