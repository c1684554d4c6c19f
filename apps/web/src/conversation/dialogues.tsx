/** What opens over the conversation for one of its messages. */
import { lazy, Suspense } from 'react';
import { DeleteDialog } from './actions/delete-dialog.tsx';
import { ForwardDialog } from './actions/forward-dialog.tsx';
import { ReactionPicker } from './actions/reaction-picker.tsx';
import type { Dialogue } from './use-asked.ts';

const ReadBy = lazy(async () => ({ default: (await import('../groups/read-by.tsx')).ReadBy }));

export function Dialogues({ dialogue, onClose }: { dialogue: Dialogue; onClose: () => void }) {
  const { kind, message } = dialogue;
  switch (kind) {
    case 'delete':
      return <DeleteDialog message={message} onClose={onClose} />;
    case 'forward':
      return <ForwardDialog messageId={message.message_id} onClose={onClose} />;
    case 'picker':
      return <ReactionPicker message={message} anchor={rowOf(message.message_id)} onClose={onClose} />;
    case 'info':
      return (
        <Suspense>
          <ReadBy messageId={message.message_id} chatId={message.chat_id} onClose={onClose} />
        </Suspense>
      );
  }
}

/** The row of a message, if the list shows it now. */
function rowOf(messageId: string): HTMLElement | null {
  return document.querySelector(`[data-message="${CSS.escape(messageId)}"]`);
}
