import { useClient } from '@parley/sdk/react';
import { Camera } from 'lucide-react';
import { type FormEvent, useEffect, useState } from 'react';
import { texts } from '../texts/texts.ts';
import { Button } from '../ui/button.tsx';
import { TextField } from '../ui/text-field.tsx';
import { useToast } from '../ui/toast.tsx';
import styles from './sign-in.module.css';
import { useAttempt } from './use-attempt.ts';

/** Asks somebody new for name and photo. */
export function ProfileStep({ onDone }: { onDone?: () => void }) {
  const client = useClient();
  const toast = useToast();
  const [name, setName] = useState('');
  const [photo, setPhoto] = useState<File | null>(null);
  const [missing, setMissing] = useState(false);
  const attempt = useAttempt();
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const display_name = name.trim();
    setMissing(display_name === '');
    if (display_name === '' || attempt.busy) return;
    const saved = await attempt.run(async () => {
      // The name comes last, and is what counts; the photo can be set again later.
      if (photo) await client.setAvatar(photo).catch(() => toast.show(texts.signIn.photoFailed));
      return client.users.updateMe({ display_name });
    });
    if (saved) onDone?.();
  };
  return (
    <form className={styles.form} onSubmit={(event) => void save(event)} noValidate>
      <h1 className={styles.title}>{texts.signIn.profileTitle}</h1>
      <p className={styles.intro}>{texts.signIn.profileIntro}</p>
      <PhotoField photo={photo} onChange={setPhoto} />
      <TextField
        label={texts.signIn.name}
        name="name"
        autoComplete="name"
        autoFocus
        required
        maxLength={64}
        value={name}
        error={missing ? texts.signIn.nameRequired : attempt.error}
        onChange={(event) => {
          setMissing(false);
          setName(event.target.value);
        }}
      />
      <Button type="submit" variant="primary" wide busy={attempt.busy}>
        {texts.signIn.done}
      </Button>
    </form>
  );
}

function PhotoField({ photo, onChange }: { photo: File | null; onChange: (photo: File | null) => void }) {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (!photo) return;
    const made = URL.createObjectURL(photo);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [photo]);
  return (
    <label className={styles.photo}>
      <input
        type="file"
        accept="image/jpeg,image/png,image/webp,image/gif"
        className="visually-hidden"
        onChange={(event) => onChange(event.target.files?.[0] ?? photo)}
      />
      {url ? <img src={url} alt="" className={styles.photoImage} /> : <Camera size={30} aria-hidden="true" />}
      <span className="visually-hidden">{photo ? texts.signIn.photoChange : texts.signIn.photo}</span>
    </label>
  );
}
