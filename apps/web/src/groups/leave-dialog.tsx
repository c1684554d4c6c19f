/** Leaving a group, and why one cannot yet. */
import type { ChatSummary, Participant } from '@parley/sdk';
import { useClient, useSession } from '@parley/sdk/react';
import { useLocation } from 'wouter';
import { texts } from '../texts/texts.ts';
import { Button } from '../ui/button.tsx';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { Dialog } from '../ui/dialog.tsx';

interface LeaveDialogProps {
  readonly chat: ChatSummary;
  readonly participants: readonly Participant[];
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}

export function LeaveDialog({ chat, participants, open, onOpenChange }: LeaveDialogProps) {
  const client = useClient();
  const me = useSession();
  const [, navigate] = useLocation();
  const leave = async () => {
    if (!me) return;
    await client.chats.removeParticipant({ id: chat.chat_id, user_id: me });
    navigate(`/c/${chat.chat_id}`);
  };
  // A group has an admin as long as it has members (LAST_ADMIN).
  if (isLastAdmin(participants, me)) {
    return (
      <Dialog
        open={open}
        onOpenChange={onOpenChange}
        title={texts.groups.lastAdminTitle}
        description={texts.groups.lastAdminHint}
        actions={
          <Button variant="primary" onClick={() => onOpenChange(false)}>
            {texts.actions.confirm}
          </Button>
        }
      />
    );
  }
  return (
    <ConfirmDialog
      open={open}
      onOpenChange={onOpenChange}
      title={texts.chats.leaveTitle(chat.name)}
      description={texts.chats.leaveHint}
      confirm={texts.chats.leaveConfirm}
      danger
      onConfirm={leave}
    />
  );
}

/** Whether there are others, none of whom is an admin. */
export function isLastAdmin(participants: readonly Participant[], me: string | null): boolean {
  const others = participants.filter(({ user_id }) => user_id !== me);
  const mine = participants.find(({ user_id }) => user_id === me);
  return mine?.role === 'admin' && others.length > 0 && others.every(({ role }) => role !== 'admin');
}
