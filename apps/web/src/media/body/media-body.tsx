/** What a message of any kind but text shows: a picture, a video, a sound, a document or a place. */
import type { ReactNode } from 'react';
import { fileOf, type ShownMessage, sendingOf } from '../shown.ts';
import { AudioBody } from './audio-body.tsx';
import { DocumentBody } from './document-body.tsx';
import { LocationBody } from './location-body.tsx';
import styles from './media-body.module.css';
import { VisualBody } from './visual-body.tsx';

export interface MediaBodyProps {
  readonly message: ShownMessage;
  /** Shows the caption; by default as it is. `null` where somebody else does. */
  readonly renderCaption?: ((caption: string) => ReactNode) | null | undefined;
}

/** Null for text and system messages. Its colours are those of what it stands in. */
export function MediaBody({ message, renderCaption = plain }: MediaBodyProps) {
  if (message.type === 'location') return <LocationBody payload={message.payload} />;
  const file = fileOf(message);
  if (!file) return null;
  const caption = file.caption !== '' && renderCaption?.(file.caption);
  return (
    <div className={styles.body}>
      <FileBody message={message} />
      {caption}
    </div>
  );
}

function FileBody({ message }: { message: ShownMessage }) {
  const file = fileOf(message);
  if (!file) return null;
  const parts = { file, message, sending: sendingOf(message) };
  if (file.type === 'audio') return <AudioBody {...parts} />;
  if (file.type === 'document') return <DocumentBody {...parts} />;
  return <VisualBody {...parts} />;
}

function plain(caption: string) {
  return (
    <p className={styles.caption} dir="auto">
      {caption}
    </p>
  );
}
