/** Signing out, and what is lost by it. */
import { useChats, useClient } from '@parley/sdk/react';
import { texts } from '../texts/texts.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';

export function SignOut({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const client = useClient();
  const unsent = useUnsent();
  return (
    <ConfirmDialog
      open={open}
      onOpenChange={onOpenChange}
      title={texts.settings.signOutTitle}
      description={
        <>
          {texts.settings.signOutHint}
          {unsent > 0 && <strong> {texts.settings.signOutLost(unsent)}</strong>}
        </>
      }
      confirm={texts.settings.signOut}
      danger
      onConfirm={() => client.signOut()}
    />
  );
}

/** How many messages wait to be sent, in the chats that are known. */
function useUnsent(): number {
  const client = useClient();
  const { chats } = useChats();
  return chats.reduce((sum, { chat_id }) => {
    return sum + client.messages(chat_id).all.filter((message) => !('message_id' in message)).length;
  }, 0);
}
