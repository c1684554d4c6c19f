/** A group's name and description. */
import type { ChatSummary } from '@parley/sdk';
import { useClient } from '@parley/sdk/react';
import { type SubmitEvent, useId, useState } from 'react';
import { texts } from '../texts/texts.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { TextField } from '../ui/text-field.tsx';
import styles from './info.module.css';
import { longestDescription, longestName } from './limits.ts';
import { useChanges } from './use-changes.ts';

export function EditGroup({ chat, onClose }: { chat: ChatSummary; onClose: () => void }) {
  const client = useClient();
  const { busy, run } = useChanges();
  const [name, setName] = useState(chat.name);
  const [description, setDescription] = useState(chat.description);
  const form = useId();
  const save = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!name.trim()) return;
    // What one did not touch, somebody else may have changed meanwhile.
    const changes = {
      ...(name.trim() === chat.name ? {} : { name: name.trim() }),
      ...(description.trim() === chat.description ? {} : { description: description.trim() }),
    };
    const nothing = Object.keys(changes).length === 0;
    if (nothing || (await run(() => client.chats.update({ id: chat.chat_id, ...changes })))) onClose();
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={texts.groups.edit}
      actions={
        <Button variant="primary" type="submit" form={form} busy={busy}>
          {texts.actions.save}
        </Button>
      }
    >
      <form id={form} className={styles.edit} onSubmit={save} noValidate>
        <TextField
          label={texts.groups.name}
          dir="auto"
          maxLength={longestName}
          value={name}
          error={!name.trim() && texts.groups.nameRequired}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        <TextField
          label={texts.groups.description}
          dir="auto"
          maxLength={longestDescription}
          value={description}
          onChange={({ currentTarget }) => setDescription(currentTarget.value)}
        />
      </form>
    </Dialog>
  );
}
