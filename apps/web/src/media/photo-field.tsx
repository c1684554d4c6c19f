/** A photo of a person or a group, and the way to change it. */
import { Camera } from 'lucide-react';
import { useRef } from 'react';
import { texts } from '../texts/texts.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { Spinner } from '../ui/spinner.tsx';
import { accepts } from './kinds.ts';
import styles from './photo-field.module.css';
import { useObjectUrl } from './use-object-url.ts';

export interface PhotoFieldProps {
  /** Of the user or the group. */
  readonly id: string;
  readonly name: string;
  /** What is there now; empty for none. */
  readonly url?: string | undefined;
  /** What was chosen and is not stored yet. */
  readonly chosen?: File | null | undefined;
  readonly busy?: boolean | undefined;
  readonly onChoose: (file: File) => void;
  readonly onRemove?: (() => void) | undefined;
}

export function PhotoField({
  id,
  name,
  url = '',
  chosen,
  busy = false,
  onChoose,
  onRemove,
}: PhotoFieldProps) {
  const input = useRef<HTMLInputElement>(null);
  const preview = useObjectUrl(chosen);
  const some = url !== '' || Boolean(chosen);
  return (
    <div className={styles.field}>
      <button type="button" className={styles.photo} disabled={busy} onClick={() => input.current?.click()}>
        <span className="visually-hidden">{some ? texts.people.changePhoto : texts.people.choosePhoto}</span>
        {preview ? (
          <img className={styles.preview} src={preview} alt="" />
        ) : (
          <Avatar id={id} name={name} url={url} size={112} />
        )}
        <span className={styles.sign}>{busy ? <Spinner size={18} /> : <Camera size={18} aria-hidden />}</span>
      </button>
      {some && onRemove && (
        <Button variant="plain" disabled={busy} onClick={onRemove}>
          {texts.people.removePhoto}
        </Button>
      )}
      <input
        ref={input}
        type="file"
        hidden
        accept={accepts.photo}
        onChange={({ currentTarget }) => {
          const [file] = currentTarget.files ?? [];
          currentTarget.value = '';
          if (file) onChoose(file);
        }}
      />
    </div>
  );
}
