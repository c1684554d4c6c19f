/** One's own name, photo, and what one says of oneself. */
import type { OwnProfile } from '@parley/sdk';
import { useAccount, useClient } from '@parley/sdk/react';
import { type SubmitEvent, useState } from 'react';
import { useChanges } from '../groups/use-changes.ts';
import { personName } from '../lib/names.ts';
import { PhotoField } from '../media/photo-field.tsx';
import { texts } from '../texts/texts.ts';
import { Button } from '../ui/button.tsx';
import { Pane } from '../ui/pane.tsx';
import { Loading } from '../ui/spinner.tsx';
import { TextField } from '../ui/text-field.tsx';
import { useToast } from '../ui/toast.tsx';
import styles from './settings.module.css';

/** Code points (contract section 2, Users). */
const longest = { name: 64, status: 140 };

export function ProfilePage() {
  const { profile } = useAccount();
  return (
    <Pane title={texts.settings.profile} back="/settings">
      {profile ? <Form key={profile.id} profile={profile} /> : <Loading />}
    </Pane>
  );
}

function Form({ profile }: { profile: OwnProfile }) {
  const client = useClient();
  const toast = useToast();
  const { busy, run } = useChanges();
  const photo = useChanges();
  const [name, setName] = useState(profile.display_name);
  const [status, setStatus] = useState(profile.status_text);
  const save = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!name.trim()) return;
    const changes = { display_name: name.trim(), status_text: status.trim() };
    if (await run(() => client.users.updateMe(changes))) toast.show(texts.settings.saved);
  };
  const setPhoto = async (file: File) => {
    if (await photo.run(() => client.setAvatar(file))) toast.show(texts.settings.photoSet);
  };
  return (
    <form className={styles.form} onSubmit={save} noValidate>
      <PhotoField
        id={profile.id}
        name={personName(profile.display_name)}
        url={profile.avatar_url}
        busy={photo.busy}
        onChoose={(file) => void setPhoto(file)}
        onRemove={() => void photo.run(() => client.users.updateMe({ avatar_url: '' }))}
      />
      <TextField
        label={texts.settings.name}
        dir="auto"
        autoComplete="name"
        maxLength={longest.name}
        value={name}
        error={!name.trim() && texts.settings.nameRequired}
        onChange={({ currentTarget }) => setName(currentTarget.value)}
      />
      <TextField
        label={texts.settings.status}
        hint={texts.settings.statusHint}
        dir="auto"
        autoComplete="off"
        maxLength={longest.status}
        value={status}
        onChange={({ currentTarget }) => setStatus(currentTarget.value)}
      />
      <dl className={styles.phone}>
        <dt>{texts.settings.phone}</dt>
        <dd dir="ltr">{profile.phone}</dd>
      </dl>
      <Button className={styles.save} variant="primary" type="submit" busy={busy}>
        {texts.actions.save}
      </Button>
    </form>
  );
}
