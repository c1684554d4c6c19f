/** One of the files that are about to be sent. */

import type { MediaType } from '@parley/sdk';
import { FileText, Film, Image, type LucideIcon, Music, X } from 'lucide-react';
import { useState } from 'react';
import { formatBytes } from '../../lib/numbers.ts';
import { texts } from '../../texts/texts.ts';
import about from '../../ui/about.module.css';
import { IconButton } from '../../ui/icon-button.tsx';
import { TextField } from '../../ui/text-field.tsx';
import { kindOf, largest, type Refusal, refusalOf } from '../kinds.ts';
import { useObjectUrl } from '../use-object-url.ts';
import styles from './file-preview.module.css';

/** Code points (contract section 2, Messages). */
const longestCaption = 1024;

interface FilePreviewProps {
  readonly file: File;
  readonly caption: string;
  readonly onCaption: (caption: string) => void;
  readonly onRemove: () => void;
}

export function FilePreview({ file, caption, onCaption, onRemove }: FilePreviewProps) {
  const refusal = refusalOf(file);
  const kind = kindOf(file);
  const Icon = icons[kind ?? 'document'];
  return (
    <div className={styles.preview}>
      {!refusal && (kind === 'image' || kind === 'video') && <Picture file={file} video={kind === 'video'} />}
      <div className={styles.line}>
        <Icon aria-hidden />
        <span className={about.texts}>
          <span className={about.name} dir="auto">
            {file.name}
          </span>
          <span className={about.detail}>{formatBytes(file.size)}</span>
        </span>
        <IconButton
          label={texts.media.removeFile(file.name)}
          icon={<X size={20} />}
          size="s"
          onClick={onRemove}
        />
      </div>
      {refusal && (
        <p className={styles.refusal} role="alert">
          {refusalText(refusal, file)}
        </p>
      )}
      {!refusal && kind !== 'audio' && (
        <TextField
          label={texts.media.captionOf(file.name)}
          hideLabel
          placeholder={texts.media.caption}
          dir="auto"
          value={caption}
          onChange={({ currentTarget }) =>
            onCaption([...currentTarget.value].slice(0, longestCaption).join(''))
          }
        />
      )}
    </div>
  );
}

const icons: Readonly<Record<MediaType, LucideIcon>> = {
  image: Image,
  video: Film,
  audio: Music,
  document: FileText,
};

function refusalText(refusal: Refusal, file: File): string {
  if (refusal === 'kind') return texts.media.refusedKind;
  if (refusal === 'empty') return texts.media.refusedEmpty;
  return texts.media.refusedSize(formatBytes(largest[kindOf(file) ?? 'document']));
}

function Picture({ file, video }: { file: File; video: boolean }) {
  const url = useObjectUrl(file);
  const [broken, setBroken] = useState(false);
  if (broken) return null;
  return (
    <div className={styles.frame}>
      {url && video && (
        // biome-ignore lint/a11y/useMediaCaption: one's own recording
        <video src={url} controls playsInline preload="metadata" onError={() => setBroken(true)} />
      )}
      {url && !video && <img src={url} alt="" onError={() => setBroken(true)} />}
    </div>
  );
}
