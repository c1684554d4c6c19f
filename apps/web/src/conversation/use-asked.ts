/** What was asked for in a message's menu: done at once, or shown to be decided. */
import type { Message } from '@parley/sdk';
import { useClient } from '@parley/sdk/react';
import { useCallback, useState } from 'react';
import { texts } from '../texts/texts.ts';
import { useToast } from '../ui/toast.tsx';
import type { Asked } from './actions/message-actions.tsx';
import type { Mode } from './composer/composer.tsx';
import { isStored, type Shown, textOf } from './model/shown.ts';

/** A dialog, and the message that it is about. */
export interface Dialogue {
  readonly kind: 'forward' | 'delete' | 'info' | 'picker';
  readonly message: Message;
}

export function useAsked(setMode: (mode: Mode) => void) {
  const { messages } = useClient();
  const toast = useToast();
  const [dialogue, setDialogue] = useState<Dialogue | null>(null);
  const ask = useCallback(
    (asked: Asked, message: Shown) => {
      if (asked === 'copy') void copy(textOf(message), toast);
      if (!isStored(message) || asked === 'copy') return;
      if (asked === 'reply' || asked === 'edit') setMode({ kind: asked, message });
      else if (asked === 'star') {
        const call = message.is_starred ? messages.unstar : messages.star;
        void call({ id: message.message_id }).catch(toast.error);
      } else setDialogue({ kind: asked, message });
    },
    [messages, toast, setMode],
  );
  const close = useCallback(() => setDialogue(null), []);
  return { dialogue, ask, close };
}

async function copy(text: string, toast: ReturnType<typeof useToast>): Promise<void> {
  const { copied, copyFailed } = texts.conversation;
  try {
    await navigator.clipboard.writeText(text);
    toast.show(copied, { timeout: 2000 });
  } catch {
    // Browsers allow it only on safe pages, and may ask first.
    toast.show(copyFailed);
  }
}
