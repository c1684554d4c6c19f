import type { ChatSummary } from '@parley/sdk';
import { chatName } from '../lib/names.ts';
import { texts } from '../texts/texts.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { useActions } from './use-actions.ts';

/** Asks before a group is left. */
export function LeaveDialog({ chat, onClose }: { chat: ChatSummary; onClose: () => void }) {
  const { leave } = useActions(chat);
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={texts.chats.leaveTitle(chatName(chat))}
      description={texts.chats.leaveHint}
      confirm={texts.chats.leaveConfirm}
      onConfirm={leave}
      danger
    />
  );
}
