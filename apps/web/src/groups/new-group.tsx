/** A new group: a name and a photo, and who is in it. */
import { useClient } from '@parley/sdk/react';
import { type SubmitEvent, useState } from 'react';
import { useLocation } from 'wouter';
import { PhotoField } from '../media/photo-field.tsx';
import type { Person } from '../people/people-picker.tsx';
import { texts } from '../texts/texts.ts';
import { Button } from '../ui/button.tsx';
import { PaneBody, PaneHeader } from '../ui/pane.tsx';
import { TextField } from '../ui/text-field.tsx';
import { useToast } from '../ui/toast.tsx';
import { longestName } from './limits.ts';
import styles from './new-group.module.css';
import { SelectPeople } from './select-people.tsx';

export function NewGroup() {
  const [name, setName] = useState('');
  const [photo, setPhoto] = useState<File | null>(null);
  const [people, setPeople] = useState<readonly Person[]>([]);
  const [unnamed, setUnnamed] = useState(false);
  const { create, busy } = useCreate();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setUnnamed(!name.trim());
    if (name.trim() && people.length > 0) void create(name.trim(), people, photo);
  };
  return (
    <>
      <PaneHeader title={texts.groups.newGroup} back="/new" />
      <PaneBody>
        <form id="new-group" className={styles.form} onSubmit={submit} noValidate>
          <PhotoField
            id="new-group"
            name={name || texts.groups.group}
            chosen={photo}
            onChoose={setPhoto}
            onRemove={() => setPhoto(null)}
          />
          <TextField
            label={texts.groups.name}
            dir="auto"
            maxLength={longestName}
            autoComplete="off"
            value={name}
            error={unnamed && texts.groups.nameRequired}
            onChange={({ currentTarget }) => {
              setName(currentTarget.value);
              setUnnamed(false);
            }}
          />
          <SelectPeople chosen={people} onChange={setPeople} />
        </form>
      </PaneBody>
      <footer className={styles.footer}>
        <p role="status">{texts.groups.chosen(people.length)}</p>
        <Button variant="primary" type="submit" form="new-group" busy={busy} disabled={people.length === 0}>
          {texts.groups.create}
        </Button>
      </footer>
    </>
  );
}

function useCreate() {
  const client = useClient();
  const [, navigate] = useLocation();
  const toast = useToast();
  const [busy, setBusy] = useState(false);
  const create = async (name: string, people: readonly Person[], photo: File | null) => {
    setBusy(true);
    try {
      const participant_ids = people.map(({ user_id }) => user_id);
      const { chat_id } = await client.chats.create({ type: 'group', name, participant_ids });
      // The group is there: without its photo it is still the group that was meant.
      if (photo) await client.setGroupAvatar(chat_id, photo).catch(toast.error);
      navigate(`/c/${chat_id}`);
    } catch (error) {
      toast.error(error);
    } finally {
      setBusy(false);
    }
  };
  return { create, busy };
}
