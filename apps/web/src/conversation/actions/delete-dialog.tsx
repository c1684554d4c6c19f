/** Asks for whom a message is deleted. */

import type { Message } from '@parley/sdk';
import { useClient } from '@parley/sdk/react';
import { useState } from 'react';
import { texts } from '../../texts/texts.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { useToast } from '../../ui/toast.tsx';
import { useConversation } from '../context.ts';
import { actionsOf } from '../model/may.ts';
import styles from './actions.module.css';

export function DeleteDialog({ message, onClose }: { message: Message; onClose: () => void }) {
  const { realtime } = useClient();
  const standing = useConversation();
  const toast = useToast();
  const [open, setOpen] = useState(true);
  const { deleteTitle, deleteHint, deleteHintMe, deleteForMe, deleteForEveryone } = texts.conversation;
  const everyone = actionsOf(message, standing, '').deleteForEveryone;
  const close = () => {
    setOpen(false);
    onClose();
  };
  const remove = (whom: 'me' | 'everyone') => {
    // It waits for a connection where there is none, so nobody waits for it here.
    void realtime.deleteMessage(message.message_id, whom).catch(toast.error);
    close();
  };
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && close()}
      title={deleteTitle}
      description={everyone ? deleteHint : deleteHintMe}
      actions={
        <div className={styles.choices}>
          {everyone && (
            <Button variant="danger" wide onClick={() => remove('everyone')}>
              {deleteForEveryone}
            </Button>
          )}
          <Button variant={everyone ? 'secondary' : 'danger'} wide onClick={() => remove('me')}>
            {deleteForMe}
          </Button>
          <Button variant="plain" wide onClick={close}>
            {texts.actions.cancel}
          </Button>
        </div>
      }
    />
  );
}
